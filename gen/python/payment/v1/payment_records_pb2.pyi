from google.type import money_pb2 as _money_pb2
from payment.v1 import payment_pb2 as _payment_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CancellationNoted(_message.Message):
    __slots__ = ["order_id", "payment_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    payment_id: str
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ...) -> None: ...

class CaptureIntended(_message.Message):
    __slots__ = ["amount", "order_id", "payment_id"]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    amount: _money_pb2.Money
    order_id: str
    payment_id: str
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class PaymentClosed(_message.Message):
    __slots__ = ["order_id", "payment_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    payment_id: str
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ...) -> None: ...

class PaymentOpened(_message.Message):
    __slots__ = ["amount", "lines", "order_id", "payment_id", "payment_token", "transaction_id"]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    amount: _money_pb2.Money
    lines: _containers.RepeatedCompositeFieldContainer[_payment_pb2.PaymentLine]
    order_id: str
    payment_id: str
    payment_token: str
    transaction_id: str
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., payment_token: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[_payment_pb2.PaymentLine, _Mapping]]] = ..., transaction_id: _Optional[str] = ...) -> None: ...

class RefundFailed(_message.Message):
    __slots__ = ["code", "message", "order_id", "payment_id", "refund_id"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REFUND_ID_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    order_id: str
    payment_id: str
    refund_id: str
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ..., refund_id: _Optional[str] = ..., code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class RefundIntended(_message.Message):
    __slots__ = ["actor", "all_that_is_left", "amount", "order_id", "payment_id", "reason", "refund_id", "request_id"]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    ALL_THAT_IS_LEFT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REFUND_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    actor: str
    all_that_is_left: bool
    amount: _money_pb2.Money
    order_id: str
    payment_id: str
    reason: str
    refund_id: str
    request_id: str
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ..., refund_id: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., request_id: _Optional[str] = ..., reason: _Optional[str] = ..., actor: _Optional[str] = ..., all_that_is_left: bool = ...) -> None: ...

class VoidIntended(_message.Message):
    __slots__ = ["order_id", "payment_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    payment_id: str
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ...) -> None: ...
