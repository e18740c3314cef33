from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
MESSAGE_STATE_OWED: MessageState
MESSAGE_STATE_REFUSED: MessageState
MESSAGE_STATE_SENT: MessageState
MESSAGE_STATE_UNSPECIFIED: MessageState
MESSAGE_STATE_WAITING: MessageState

class Message(_message.Message):
    __slots__ = ["create_time", "fact", "message_id", "order_id", "send_time", "sequence", "state", "subject", "text", "to"]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    FACT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SEND_TIME_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    create_time: _timestamp_pb2.Timestamp
    fact: str
    message_id: str
    order_id: str
    send_time: _timestamp_pb2.Timestamp
    sequence: int
    state: MessageState
    subject: str
    text: str
    to: str
    def __init__(self, message_id: _Optional[str] = ..., order_id: _Optional[str] = ..., fact: _Optional[str] = ..., sequence: _Optional[int] = ..., state: _Optional[_Union[MessageState, str]] = ..., to: _Optional[str] = ..., subject: _Optional[str] = ..., text: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., send_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MessageState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
