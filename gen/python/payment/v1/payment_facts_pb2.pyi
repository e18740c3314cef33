from google.type import money_pb2 as _money_pb2
from payment.v1 import payment_pb2 as _payment_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PaymentAuthorized(_message.Message):
    __slots__ = ["amount", "lines", "order_id", "payment_id", "provider_reference", "transaction_id"]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    amount: _money_pb2.Money
    lines: _containers.RepeatedCompositeFieldContainer[_payment_pb2.PaymentLine]
    order_id: str
    payment_id: str
    provider_reference: str
    transaction_id: str
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ..., transaction_id: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., lines: _Optional[_Iterable[_Union[_payment_pb2.PaymentLine, _Mapping]]] = ..., provider_reference: _Optional[str] = ...) -> None: ...

class PaymentCaptureFailed(_message.Message):
    __slots__ = ["amount", "code", "message", "order_id", "payment_id"]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    amount: _money_pb2.Money
    code: str
    message: str
    order_id: str
    payment_id: str
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class PaymentCaptured(_message.Message):
    __slots__ = ["amount", "order_id", "payment_id", "provider_reference"]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    amount: _money_pb2.Money
    order_id: str
    payment_id: str
    provider_reference: str
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., provider_reference: _Optional[str] = ...) -> None: ...

class PaymentDeclined(_message.Message):
    __slots__ = ["code", "message", "order_id", "payment_id"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    order_id: str
    payment_id: str
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ..., code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class PaymentRefunded(_message.Message):
    __slots__ = ["amount", "order_id", "payment_id", "provider_reference", "refund_id", "refunded_total"]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    REFUNDED_TOTAL_FIELD_NUMBER: _ClassVar[int]
    REFUND_ID_FIELD_NUMBER: _ClassVar[int]
    amount: _money_pb2.Money
    order_id: str
    payment_id: str
    provider_reference: str
    refund_id: str
    refunded_total: _money_pb2.Money
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ..., refund_id: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., refunded_total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., provider_reference: _Optional[str] = ...) -> None: ...

class PaymentVoided(_message.Message):
    __slots__ = ["amount", "order_id", "payment_id", "provider_reference"]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    amount: _money_pb2.Money
    order_id: str
    payment_id: str
    provider_reference: str
    def __init__(self, order_id: _Optional[str] = ..., payment_id: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., provider_reference: _Optional[str] = ...) -> None: ...
