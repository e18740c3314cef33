from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DEAD_LETTER_REASON_BEHIND: DeadLetterReason
DEAD_LETTER_REASON_EXHAUSTED: DeadLetterReason
DEAD_LETTER_REASON_FORGED: DeadLetterReason
DEAD_LETTER_REASON_REFUSED: DeadLetterReason
DEAD_LETTER_REASON_UNREADABLE: DeadLetterReason
DEAD_LETTER_REASON_UNSPECIFIED: DeadLetterReason
DESCRIPTOR: _descriptor.FileDescriptor

class DeadLetter(_message.Message):
    __slots__ = ["actor", "attempts", "body", "causation_id", "cause", "error", "event_time", "letter_id", "number", "order_id", "parked_time", "raw_body", "reason", "source", "subject", "traceparent", "type", "version"]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    CAUSATION_ID_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    LETTER_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PARKED_TIME_FIELD_NUMBER: _ClassVar[int]
    RAW_BODY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    actor: str
    attempts: int
    body: _struct_pb2.Struct
    causation_id: str
    cause: str
    error: str
    event_time: _timestamp_pb2.Timestamp
    letter_id: str
    number: int
    order_id: str
    parked_time: _timestamp_pb2.Timestamp
    raw_body: bytes
    reason: DeadLetterReason
    source: str
    subject: str
    traceparent: str
    type: str
    version: int
    def __init__(self, letter_id: _Optional[str] = ..., number: _Optional[int] = ..., reason: _Optional[_Union[DeadLetterReason, str]] = ..., error: _Optional[str] = ..., cause: _Optional[str] = ..., attempts: _Optional[int] = ..., parked_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., order_id: _Optional[str] = ..., type: _Optional[str] = ..., source: _Optional[str] = ..., subject: _Optional[str] = ..., version: _Optional[int] = ..., event_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., causation_id: _Optional[str] = ..., actor: _Optional[str] = ..., traceparent: _Optional[str] = ..., body: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., raw_body: _Optional[bytes] = ...) -> None: ...

class DeadLetterCause(_message.Message):
    __slots__ = ["cause", "example", "first_time", "last_time", "letters", "orders", "reason", "type"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    EXAMPLE_FIELD_NUMBER: _ClassVar[int]
    FIRST_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_TIME_FIELD_NUMBER: _ClassVar[int]
    LETTERS_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    cause: str
    example: str
    first_time: _timestamp_pb2.Timestamp
    last_time: _timestamp_pb2.Timestamp
    letters: int
    orders: int
    reason: DeadLetterReason
    type: str
    def __init__(self, cause: _Optional[str] = ..., reason: _Optional[_Union[DeadLetterReason, str]] = ..., type: _Optional[str] = ..., example: _Optional[str] = ..., letters: _Optional[int] = ..., orders: _Optional[int] = ..., first_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., last_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeadLetterOrder(_message.Message):
    __slots__ = ["cause", "first_time", "letters", "order_id"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    FIRST_TIME_FIELD_NUMBER: _ClassVar[int]
    LETTERS_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    cause: str
    first_time: _timestamp_pb2.Timestamp
    letters: int
    order_id: str
    def __init__(self, order_id: _Optional[str] = ..., letters: _Optional[int] = ..., cause: _Optional[str] = ..., first_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeadLetterSelection(_message.Message):
    __slots__ = ["all", "cause", "letter_id", "order_id"]
    ALL_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    LETTER_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    all: bool
    cause: str
    letter_id: str
    order_id: str
    def __init__(self, letter_id: _Optional[str] = ..., order_id: _Optional[str] = ..., cause: _Optional[str] = ..., all: bool = ...) -> None: ...

class Lag(_message.Message):
    __slots__ = ["oldest_time", "step", "waiting"]
    OLDEST_TIME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    oldest_time: _timestamp_pb2.Timestamp
    step: str
    waiting: int
    def __init__(self, step: _Optional[str] = ..., waiting: _Optional[int] = ..., oldest_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeadLetterReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
