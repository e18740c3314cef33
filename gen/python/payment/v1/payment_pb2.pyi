from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import money_pb2 as _money_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
PAYMENT_STATE_AUTHORIZED: PaymentState
PAYMENT_STATE_AUTHORIZING: PaymentState
PAYMENT_STATE_CAPTURED: PaymentState
PAYMENT_STATE_CAPTURE_FAILED: PaymentState
PAYMENT_STATE_CAPTURING: PaymentState
PAYMENT_STATE_CLOSED: PaymentState
PAYMENT_STATE_DECLINED: PaymentState
PAYMENT_STATE_REFUNDED: PaymentState
PAYMENT_STATE_REFUNDING: PaymentState
PAYMENT_STATE_UNSPECIFIED: PaymentState
PAYMENT_STATE_VOIDED: PaymentState
PAYMENT_STATE_VOIDING: PaymentState
REFUND_STATE_DONE: RefundState
REFUND_STATE_FAILED: RefundState
REFUND_STATE_PENDING: RefundState
REFUND_STATE_UNSPECIFIED: RefundState

class Payment(_message.Message):
    __slots__ = ["amount", "captured", "create_time", "failure_code", "order_id", "payment_id", "refunded", "refunds", "state", "transaction_id", "update_time", "version"]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CAPTURED_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    FAILURE_CODE_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REFUNDED_FIELD_NUMBER: _ClassVar[int]
    REFUNDS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    amount: _money_pb2.Money
    captured: _money_pb2.Money
    create_time: _timestamp_pb2.Timestamp
    failure_code: str
    order_id: str
    payment_id: str
    refunded: _money_pb2.Money
    refunds: _containers.RepeatedCompositeFieldContainer[Refund]
    state: PaymentState
    transaction_id: str
    update_time: _timestamp_pb2.Timestamp
    version: int
    def __init__(self, payment_id: _Optional[str] = ..., order_id: _Optional[str] = ..., state: _Optional[_Union[PaymentState, str]] = ..., version: _Optional[int] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., captured: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., refunded: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., refunds: _Optional[_Iterable[_Union[Refund, _Mapping]]] = ..., transaction_id: _Optional[str] = ..., failure_code: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PaymentLine(_message.Message):
    __slots__ = ["quantity", "sku"]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    quantity: int
    sku: str
    def __init__(self, sku: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...

class Refund(_message.Message):
    __slots__ = ["actor", "amount", "create_time", "reason", "refund_id", "state"]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REFUND_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    actor: str
    amount: _money_pb2.Money
    create_time: _timestamp_pb2.Timestamp
    reason: str
    refund_id: str
    state: RefundState
    def __init__(self, refund_id: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., state: _Optional[_Union[RefundState, str]] = ..., reason: _Optional[str] = ..., actor: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PaymentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class RefundState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
