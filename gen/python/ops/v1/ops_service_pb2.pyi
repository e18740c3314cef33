from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from ops.v1 import ops_pb2 as _ops_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DiscardDeadLettersRequest(_message.Message):
    __slots__ = ["operator", "reason", "selection"]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    operator: str
    reason: str
    selection: _ops_pb2.DeadLetterSelection
    def __init__(self, selection: _Optional[_Union[_ops_pb2.DeadLetterSelection, _Mapping]] = ..., reason: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class DiscardDeadLettersResponse(_message.Message):
    __slots__ = ["discarded"]
    DISCARDED_FIELD_NUMBER: _ClassVar[int]
    discarded: int
    def __init__(self, discarded: _Optional[int] = ...) -> None: ...

class GetDeadLetterRequest(_message.Message):
    __slots__ = ["letter_id"]
    LETTER_ID_FIELD_NUMBER: _ClassVar[int]
    letter_id: str
    def __init__(self, letter_id: _Optional[str] = ...) -> None: ...

class GetDeadLetterResponse(_message.Message):
    __slots__ = ["letter"]
    LETTER_FIELD_NUMBER: _ClassVar[int]
    letter: _ops_pb2.DeadLetter
    def __init__(self, letter: _Optional[_Union[_ops_pb2.DeadLetter, _Mapping]] = ...) -> None: ...

class GetLagRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class GetLagResponse(_message.Message):
    __slots__ = ["dead_letters", "lags"]
    DEAD_LETTERS_FIELD_NUMBER: _ClassVar[int]
    LAGS_FIELD_NUMBER: _ClassVar[int]
    dead_letters: int
    lags: _containers.RepeatedCompositeFieldContainer[_ops_pb2.Lag]
    def __init__(self, lags: _Optional[_Iterable[_Union[_ops_pb2.Lag, _Mapping]]] = ..., dead_letters: _Optional[int] = ...) -> None: ...

class Intervention(_message.Message):
    __slots__ = ["kind", "letter_id", "operator", "order_id", "reason", "time", "type"]
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    KIND_DISCARDED: Intervention.Kind
    KIND_FAILED: Intervention.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    KIND_REPLAYED: Intervention.Kind
    KIND_UNSPECIFIED: Intervention.Kind
    LETTER_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    kind: Intervention.Kind
    letter_id: str
    operator: str
    order_id: str
    reason: str
    time: _timestamp_pb2.Timestamp
    type: str
    def __init__(self, kind: _Optional[_Union[Intervention.Kind, str]] = ..., letter_id: _Optional[str] = ..., order_id: _Optional[str] = ..., type: _Optional[str] = ..., operator: _Optional[str] = ..., reason: _Optional[str] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListDeadLettersRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "selection"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    selection: _ops_pb2.DeadLetterSelection
    def __init__(self, selection: _Optional[_Union[_ops_pb2.DeadLetterSelection, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDeadLettersResponse(_message.Message):
    __slots__ = ["causes", "letters", "next_page_token", "orders", "total"]
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    LETTERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    causes: _containers.RepeatedCompositeFieldContainer[_ops_pb2.DeadLetterCause]
    letters: _containers.RepeatedCompositeFieldContainer[_ops_pb2.DeadLetter]
    next_page_token: str
    orders: _containers.RepeatedCompositeFieldContainer[_ops_pb2.DeadLetterOrder]
    total: int
    def __init__(self, letters: _Optional[_Iterable[_Union[_ops_pb2.DeadLetter, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., causes: _Optional[_Iterable[_Union[_ops_pb2.DeadLetterCause, _Mapping]]] = ..., orders: _Optional[_Iterable[_Union[_ops_pb2.DeadLetterOrder, _Mapping]]] = ..., total: _Optional[int] = ...) -> None: ...

class ListInterventionsRequest(_message.Message):
    __slots__ = ["page_size", "page_token"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListInterventionsResponse(_message.Message):
    __slots__ = ["interventions", "next_page_token"]
    INTERVENTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    interventions: _containers.RepeatedCompositeFieldContainer[Intervention]
    next_page_token: str
    def __init__(self, interventions: _Optional[_Iterable[_Union[Intervention, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReplayDeadLettersRequest(_message.Message):
    __slots__ = ["dry_run", "operator", "rate", "selection"]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    operator: str
    rate: float
    selection: _ops_pb2.DeadLetterSelection
    def __init__(self, selection: _Optional[_Union[_ops_pb2.DeadLetterSelection, _Mapping]] = ..., dry_run: bool = ..., rate: _Optional[float] = ..., operator: _Optional[str] = ...) -> None: ...

class ReplayDeadLettersResponse(_message.Message):
    __slots__ = ["done", "error", "letter_id", "order_id", "outcome", "total", "type"]
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    DONE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    LETTER_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FAILED: ReplayDeadLettersResponse.Outcome
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_GONE: ReplayDeadLettersResponse.Outcome
    OUTCOME_HANDLED: ReplayDeadLettersResponse.Outcome
    OUTCOME_UNSPECIFIED: ReplayDeadLettersResponse.Outcome
    OUTCOME_WAITS: ReplayDeadLettersResponse.Outcome
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    done: int
    error: str
    letter_id: str
    order_id: str
    outcome: ReplayDeadLettersResponse.Outcome
    total: int
    type: str
    def __init__(self, letter_id: _Optional[str] = ..., order_id: _Optional[str] = ..., type: _Optional[str] = ..., outcome: _Optional[_Union[ReplayDeadLettersResponse.Outcome, str]] = ..., error: _Optional[str] = ..., done: _Optional[int] = ..., total: _Optional[int] = ...) -> None: ...

class ReplayFactsRequest(_message.Message):
    __slots__ = ["ago", "dry_run", "operator", "position", "rate", "time", "types"]
    AGO_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    ago: _duration_pb2.Duration
    dry_run: bool
    operator: str
    position: int
    rate: float
    time: _timestamp_pb2.Timestamp
    types: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, position: _Optional[int] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., ago: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., types: _Optional[_Iterable[str]] = ..., dry_run: bool = ..., rate: _Optional[float] = ..., operator: _Optional[str] = ...) -> None: ...

class ReplayFactsResponse(_message.Message):
    __slots__ = ["end", "facts", "position"]
    END_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    end: int
    facts: int
    position: int
    def __init__(self, facts: _Optional[int] = ..., position: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...
