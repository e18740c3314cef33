from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import money_pb2 as _money_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

CANCEL_REASON_CAPTURE_FAILED: CancelReason
CANCEL_REASON_CARRIER_REFUSED: CancelReason
CANCEL_REASON_CUSTOMER: CancelReason
CANCEL_REASON_DECLINED: CancelReason
CANCEL_REASON_EXPIRED: CancelReason
CANCEL_REASON_OUT_OF_STOCK: CancelReason
CANCEL_REASON_OVERDUE: CancelReason
CANCEL_REASON_UNSPECIFIED: CancelReason
DESCRIPTOR: _descriptor.FileDescriptor
ORDER_STATE_CANCELLED: OrderState
ORDER_STATE_CANCELLING: OrderState
ORDER_STATE_CONFIRMED: OrderState
ORDER_STATE_DELIVERED: OrderState
ORDER_STATE_DISPATCHED: OrderState
ORDER_STATE_PLACED: OrderState
ORDER_STATE_SHIPPED: OrderState
ORDER_STATE_UNSPECIFIED: OrderState

class Address(_message.Message):
    __slots__ = ["city", "country_code", "extra", "postal_code", "region", "street"]
    CITY_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_CODE_FIELD_NUMBER: _ClassVar[int]
    EXTRA_FIELD_NUMBER: _ClassVar[int]
    POSTAL_CODE_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    STREET_FIELD_NUMBER: _ClassVar[int]
    city: str
    country_code: str
    extra: str
    postal_code: str
    region: str
    street: str
    def __init__(self, street: _Optional[str] = ..., extra: _Optional[str] = ..., city: _Optional[str] = ..., region: _Optional[str] = ..., postal_code: _Optional[str] = ..., country_code: _Optional[str] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ["cancel_note", "cancel_reason", "carrier", "details", "fulfil_by", "order_id", "pay_by", "place_time", "state", "tracking_number", "transaction_id", "update_time", "version"]
    CANCEL_NOTE_FIELD_NUMBER: _ClassVar[int]
    CANCEL_REASON_FIELD_NUMBER: _ClassVar[int]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    FULFIL_BY_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAY_BY_FIELD_NUMBER: _ClassVar[int]
    PLACE_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TRACKING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    cancel_note: str
    cancel_reason: CancelReason
    carrier: str
    details: OrderDetails
    fulfil_by: _timestamp_pb2.Timestamp
    order_id: str
    pay_by: _timestamp_pb2.Timestamp
    place_time: _timestamp_pb2.Timestamp
    state: OrderState
    tracking_number: str
    transaction_id: str
    update_time: _timestamp_pb2.Timestamp
    version: int
    def __init__(self, order_id: _Optional[str] = ..., state: _Optional[_Union[OrderState, str]] = ..., version: _Optional[int] = ..., details: _Optional[_Union[OrderDetails, _Mapping]] = ..., transaction_id: _Optional[str] = ..., place_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., pay_by: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., fulfil_by: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., cancel_reason: _Optional[_Union[CancelReason, str]] = ..., cancel_note: _Optional[str] = ..., carrier: _Optional[str] = ..., tracking_number: _Optional[str] = ...) -> None: ...

class OrderDetails(_message.Message):
    __slots__ = ["customer_id", "email", "lines", "name", "ship_to", "total"]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHIP_TO_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    email: str
    lines: _containers.RepeatedCompositeFieldContainer[OrderLine]
    name: str
    ship_to: Address
    total: _money_pb2.Money
    def __init__(self, customer_id: _Optional[str] = ..., email: _Optional[str] = ..., name: _Optional[str] = ..., ship_to: _Optional[_Union[Address, _Mapping]] = ..., lines: _Optional[_Iterable[_Union[OrderLine, _Mapping]]] = ..., total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class OrderEvent(_message.Message):
    __slots__ = ["actor", "body", "causation_id", "correlation_id", "event_id", "position", "published", "time", "traceparent", "type", "version"]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    CAUSATION_ID_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    actor: str
    body: _struct_pb2.Struct
    causation_id: str
    correlation_id: str
    event_id: str
    position: int
    published: bool
    time: _timestamp_pb2.Timestamp
    traceparent: str
    type: str
    version: int
    def __init__(self, event_id: _Optional[str] = ..., version: _Optional[int] = ..., position: _Optional[int] = ..., type: _Optional[str] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[str] = ..., correlation_id: _Optional[str] = ..., causation_id: _Optional[str] = ..., traceparent: _Optional[str] = ..., published: bool = ..., body: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class OrderLine(_message.Message):
    __slots__ = ["name", "quantity", "sku", "unit_price"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    UNIT_PRICE_FIELD_NUMBER: _ClassVar[int]
    name: str
    quantity: int
    sku: str
    unit_price: _money_pb2.Money
    def __init__(self, sku: _Optional[str] = ..., name: _Optional[str] = ..., quantity: _Optional[int] = ..., unit_price: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class OrderSummary(_message.Message):
    __slots__ = ["customer_id", "order_id", "place_time", "state", "total", "update_time", "version"]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PLACE_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    order_id: str
    place_time: _timestamp_pb2.Timestamp
    state: OrderState
    total: _money_pb2.Money
    update_time: _timestamp_pb2.Timestamp
    version: int
    def __init__(self, order_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., state: _Optional[_Union[OrderState, str]] = ..., total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., place_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., version: _Optional[int] = ...) -> None: ...

class OrderState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class CancelReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
