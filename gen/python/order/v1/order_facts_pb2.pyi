from google.protobuf import timestamp_pb2 as _timestamp_pb2
from order.v1 import order_pb2 as _order_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OrderCancellationRefused(_message.Message):
    __slots__ = ["order", "order_id", "reason", "sequence"]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    order: _order_pb2.OrderDetails
    order_id: str
    reason: _order_pb2.CancelReason
    sequence: int
    def __init__(self, order_id: _Optional[str] = ..., sequence: _Optional[int] = ..., order: _Optional[_Union[_order_pb2.OrderDetails, _Mapping]] = ..., reason: _Optional[_Union[_order_pb2.CancelReason, str]] = ...) -> None: ...

class OrderCancellationRequested(_message.Message):
    __slots__ = ["note", "order", "order_id", "reason", "sequence"]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    note: str
    order: _order_pb2.OrderDetails
    order_id: str
    reason: _order_pb2.CancelReason
    sequence: int
    def __init__(self, order_id: _Optional[str] = ..., sequence: _Optional[int] = ..., order: _Optional[_Union[_order_pb2.OrderDetails, _Mapping]] = ..., reason: _Optional[_Union[_order_pb2.CancelReason, str]] = ..., note: _Optional[str] = ...) -> None: ...

class OrderCancelled(_message.Message):
    __slots__ = ["order", "order_id", "reason", "sequence"]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    order: _order_pb2.OrderDetails
    order_id: str
    reason: _order_pb2.CancelReason
    sequence: int
    def __init__(self, order_id: _Optional[str] = ..., sequence: _Optional[int] = ..., order: _Optional[_Union[_order_pb2.OrderDetails, _Mapping]] = ..., reason: _Optional[_Union[_order_pb2.CancelReason, str]] = ...) -> None: ...

class OrderConfirmed(_message.Message):
    __slots__ = ["order", "order_id", "sequence"]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    order: _order_pb2.OrderDetails
    order_id: str
    sequence: int
    def __init__(self, order_id: _Optional[str] = ..., sequence: _Optional[int] = ..., order: _Optional[_Union[_order_pb2.OrderDetails, _Mapping]] = ...) -> None: ...

class OrderDelivered(_message.Message):
    __slots__ = ["carrier", "order", "order_id", "sequence", "tracking_number"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TRACKING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    order: _order_pb2.OrderDetails
    order_id: str
    sequence: int
    tracking_number: str
    def __init__(self, order_id: _Optional[str] = ..., sequence: _Optional[int] = ..., order: _Optional[_Union[_order_pb2.OrderDetails, _Mapping]] = ..., carrier: _Optional[str] = ..., tracking_number: _Optional[str] = ...) -> None: ...

class OrderDispatched(_message.Message):
    __slots__ = ["carrier", "order", "order_id", "sequence", "tracking_number"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TRACKING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    order: _order_pb2.OrderDetails
    order_id: str
    sequence: int
    tracking_number: str
    def __init__(self, order_id: _Optional[str] = ..., sequence: _Optional[int] = ..., order: _Optional[_Union[_order_pb2.OrderDetails, _Mapping]] = ..., carrier: _Optional[str] = ..., tracking_number: _Optional[str] = ...) -> None: ...

class OrderPlaced(_message.Message):
    __slots__ = ["fulfil_by", "order", "order_id", "pay_by", "payment_token", "place_time", "sequence", "transaction_id"]
    FULFIL_BY_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PAY_BY_FIELD_NUMBER: _ClassVar[int]
    PLACE_TIME_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    fulfil_by: _timestamp_pb2.Timestamp
    order: _order_pb2.OrderDetails
    order_id: str
    pay_by: _timestamp_pb2.Timestamp
    payment_token: str
    place_time: _timestamp_pb2.Timestamp
    sequence: int
    transaction_id: str
    def __init__(self, order_id: _Optional[str] = ..., sequence: _Optional[int] = ..., order: _Optional[_Union[_order_pb2.OrderDetails, _Mapping]] = ..., transaction_id: _Optional[str] = ..., payment_token: _Optional[str] = ..., place_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., pay_by: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., fulfil_by: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OrderShipped(_message.Message):
    __slots__ = ["carrier", "order", "order_id", "sequence", "tracking_number"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TRACKING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    order: _order_pb2.OrderDetails
    order_id: str
    sequence: int
    tracking_number: str
    def __init__(self, order_id: _Optional[str] = ..., sequence: _Optional[int] = ..., order: _Optional[_Union[_order_pb2.OrderDetails, _Mapping]] = ..., carrier: _Optional[str] = ..., tracking_number: _Optional[str] = ...) -> None: ...
