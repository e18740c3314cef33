from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
SHIPMENT_STATE_BOOKED: ShipmentState
SHIPMENT_STATE_BOOKING: ShipmentState
SHIPMENT_STATE_CANCELLED: ShipmentState
SHIPMENT_STATE_CANCELLING: ShipmentState
SHIPMENT_STATE_DELIVERED: ShipmentState
SHIPMENT_STATE_HANDED_OVER: ShipmentState
SHIPMENT_STATE_REFUSED: ShipmentState
SHIPMENT_STATE_SHIPPED: ShipmentState
SHIPMENT_STATE_UNSPECIFIED: ShipmentState
TRACKING_STATUS_DELIVERED: TrackingStatus
TRACKING_STATUS_LOST: TrackingStatus
TRACKING_STATUS_SHIPPED: TrackingStatus
TRACKING_STATUS_UNSPECIFIED: TrackingStatus

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

class ParcelLine(_message.Message):
    __slots__ = ["quantity", "sku"]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    quantity: int
    sku: str
    def __init__(self, sku: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ["carrier", "code", "message"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    code: str
    message: str
    def __init__(self, carrier: _Optional[str] = ..., code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class Shipment(_message.Message):
    __slots__ = ["carrier", "create_time", "lines", "lost", "name", "order_id", "refusals", "ship_to", "shipment_id", "state", "tracking_number", "update_time", "version"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    SHIP_TO_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TRACKING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    create_time: _timestamp_pb2.Timestamp
    lines: _containers.RepeatedCompositeFieldContainer[ParcelLine]
    lost: bool
    name: str
    order_id: str
    refusals: _containers.RepeatedCompositeFieldContainer[Refusal]
    ship_to: Address
    shipment_id: str
    state: ShipmentState
    tracking_number: str
    update_time: _timestamp_pb2.Timestamp
    version: int
    def __init__(self, shipment_id: _Optional[str] = ..., order_id: _Optional[str] = ..., state: _Optional[_Union[ShipmentState, str]] = ..., version: _Optional[int] = ..., carrier: _Optional[str] = ..., tracking_number: _Optional[str] = ..., name: _Optional[str] = ..., ship_to: _Optional[_Union[Address, _Mapping]] = ..., lines: _Optional[_Iterable[_Union[ParcelLine, _Mapping]]] = ..., refusals: _Optional[_Iterable[_Union[Refusal, _Mapping]]] = ..., lost: bool = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ShipmentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class TrackingStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
