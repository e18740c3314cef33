from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import money_pb2 as _money_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MailLine(_message.Message):
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

class MailOwed(_message.Message):
    __slots__ = ["carrier", "email", "fact", "fact_event_id", "fact_time", "lines", "message_id", "name", "order_id", "reason", "refund", "sequence", "total", "tracking_number", "wait_until"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    FACT_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    FACT_FIELD_NUMBER: _ClassVar[int]
    FACT_TIME_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REFUND_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    TRACKING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    WAIT_UNTIL_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    email: str
    fact: str
    fact_event_id: str
    fact_time: _timestamp_pb2.Timestamp
    lines: _containers.RepeatedCompositeFieldContainer[MailLine]
    message_id: str
    name: str
    order_id: str
    reason: str
    refund: _money_pb2.Money
    sequence: int
    total: _money_pb2.Money
    tracking_number: str
    wait_until: _timestamp_pb2.Timestamp
    def __init__(self, order_id: _Optional[str] = ..., message_id: _Optional[str] = ..., fact: _Optional[str] = ..., fact_event_id: _Optional[str] = ..., sequence: _Optional[int] = ..., email: _Optional[str] = ..., name: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[MailLine, _Mapping]]] = ..., total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., reason: _Optional[str] = ..., carrier: _Optional[str] = ..., tracking_number: _Optional[str] = ..., refund: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., wait_until: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., fact_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MailRefused(_message.Message):
    __slots__ = ["code", "message", "message_id", "order_id"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    message_id: str
    order_id: str
    def __init__(self, order_id: _Optional[str] = ..., message_id: _Optional[str] = ..., code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class MailSent(_message.Message):
    __slots__ = ["fact", "message_id", "order_id", "sequence"]
    FACT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    fact: str
    message_id: str
    order_id: str
    sequence: int
    def __init__(self, order_id: _Optional[str] = ..., message_id: _Optional[str] = ..., fact: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class WaitEnded(_message.Message):
    __slots__ = ["order_id", "sequence"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    sequence: int
    def __init__(self, order_id: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...
