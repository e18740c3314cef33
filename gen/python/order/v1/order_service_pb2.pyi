from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import money_pb2 as _money_pb2
from order.v1 import order_pb2 as _order_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
LABEL_STATE_BOOKED: LabelState
LABEL_STATE_CANCELLED: LabelState
LABEL_STATE_NONE: LabelState
LABEL_STATE_UNSPECIFIED: LabelState
MONEY_STATE_AUTHORIZED: MoneyState
MONEY_STATE_CAPTURED: MoneyState
MONEY_STATE_NONE: MoneyState
MONEY_STATE_REFUNDED: MoneyState
MONEY_STATE_UNSPECIFIED: MoneyState
MONEY_STATE_VOIDED: MoneyState

class AwaitedStep(_message.Message):
    __slots__ = ["deadline", "fact", "from_service", "since"]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    FACT_FIELD_NUMBER: _ClassVar[int]
    FROM_SERVICE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    deadline: _timestamp_pb2.Timestamp
    fact: str
    from_service: str
    since: _timestamp_pb2.Timestamp
    def __init__(self, fact: _Optional[str] = ..., from_service: _Optional[str] = ..., since: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., deadline: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CancelOrderRequest(_message.Message):
    __slots__ = ["order_id", "reason", "request_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    reason: str
    request_id: str
    def __init__(self, order_id: _Optional[str] = ..., request_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CancelOrderResponse(_message.Message):
    __slots__ = ["state", "version"]
    STATE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    state: _order_pb2.OrderState
    version: int
    def __init__(self, state: _Optional[_Union[_order_pb2.OrderState, str]] = ..., version: _Optional[int] = ...) -> None: ...

class DoneStep(_message.Message):
    __slots__ = ["by", "fact", "time"]
    BY_FIELD_NUMBER: _ClassVar[int]
    FACT_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    by: str
    fact: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, fact: _Optional[str] = ..., by: _Optional[str] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetOrderProgressRequest(_message.Message):
    __slots__ = ["order_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    def __init__(self, order_id: _Optional[str] = ...) -> None: ...

class GetOrderProgressResponse(_message.Message):
    __slots__ = ["awaited", "done", "label", "money", "order_id", "state", "stock"]
    AWAITED_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    MONEY_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STOCK_FIELD_NUMBER: _ClassVar[int]
    awaited: _containers.RepeatedCompositeFieldContainer[AwaitedStep]
    done: _containers.RepeatedCompositeFieldContainer[DoneStep]
    label: LabelProgress
    money: MoneyProgress
    order_id: str
    state: _order_pb2.OrderState
    stock: StockProgress
    def __init__(self, order_id: _Optional[str] = ..., state: _Optional[_Union[_order_pb2.OrderState, str]] = ..., done: _Optional[_Iterable[_Union[DoneStep, _Mapping]]] = ..., awaited: _Optional[_Iterable[_Union[AwaitedStep, _Mapping]]] = ..., money: _Optional[_Union[MoneyProgress, _Mapping]] = ..., stock: _Optional[_Union[StockProgress, _Mapping]] = ..., label: _Optional[_Union[LabelProgress, _Mapping]] = ...) -> None: ...

class GetOrderRequest(_message.Message):
    __slots__ = ["at_time", "at_version", "min_version", "order_id"]
    AT_TIME_FIELD_NUMBER: _ClassVar[int]
    AT_VERSION_FIELD_NUMBER: _ClassVar[int]
    MIN_VERSION_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    at_time: _timestamp_pb2.Timestamp
    at_version: int
    min_version: int
    order_id: str
    def __init__(self, order_id: _Optional[str] = ..., min_version: _Optional[int] = ..., at_version: _Optional[int] = ..., at_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetOrderResponse(_message.Message):
    __slots__ = ["order"]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: _order_pb2.Order
    def __init__(self, order: _Optional[_Union[_order_pb2.Order, _Mapping]] = ...) -> None: ...

class GetOrderStatsRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class GetOrderStatsResponse(_message.Message):
    __slots__ = ["stats"]
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _containers.RepeatedCompositeFieldContainer[OrderStateStats]
    def __init__(self, stats: _Optional[_Iterable[_Union[OrderStateStats, _Mapping]]] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ["time"]
    TIME_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    def __init__(self, time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LabelProgress(_message.Message):
    __slots__ = ["carrier", "state", "tracking_number"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TRACKING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    state: LabelState
    tracking_number: str
    def __init__(self, state: _Optional[_Union[LabelState, str]] = ..., carrier: _Optional[str] = ..., tracking_number: _Optional[str] = ...) -> None: ...

class ListOrderEventsRequest(_message.Message):
    __slots__ = ["order_id", "page_size", "page_token"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    page_size: int
    page_token: str
    def __init__(self, order_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListOrderEventsResponse(_message.Message):
    __slots__ = ["events", "next_page_token"]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[_order_pb2.OrderEvent]
    next_page_token: str
    def __init__(self, events: _Optional[_Iterable[_Union[_order_pb2.OrderEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListOrdersRequest(_message.Message):
    __slots__ = ["customer_id", "page_size", "page_token", "state"]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    page_size: int
    page_token: str
    state: _order_pb2.OrderState
    def __init__(self, customer_id: _Optional[str] = ..., state: _Optional[_Union[_order_pb2.OrderState, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListOrdersResponse(_message.Message):
    __slots__ = ["next_page_token", "orders"]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    next_page_token: str
    orders: _containers.RepeatedCompositeFieldContainer[_order_pb2.OrderSummary]
    def __init__(self, orders: _Optional[_Iterable[_Union[_order_pb2.OrderSummary, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class MoneyProgress(_message.Message):
    __slots__ = ["authorized", "captured", "held_state", "refunded"]
    AUTHORIZED_FIELD_NUMBER: _ClassVar[int]
    CAPTURED_FIELD_NUMBER: _ClassVar[int]
    HELD_STATE_FIELD_NUMBER: _ClassVar[int]
    REFUNDED_FIELD_NUMBER: _ClassVar[int]
    authorized: _money_pb2.Money
    captured: _money_pb2.Money
    held_state: MoneyState
    refunded: _money_pb2.Money
    def __init__(self, authorized: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., captured: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., refunded: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., held_state: _Optional[_Union[MoneyState, str]] = ...) -> None: ...

class OrderChange(_message.Message):
    __slots__ = ["event", "order"]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    event: _order_pb2.OrderEvent
    order: _order_pb2.Order
    def __init__(self, order: _Optional[_Union[_order_pb2.Order, _Mapping]] = ..., event: _Optional[_Union[_order_pb2.OrderEvent, _Mapping]] = ...) -> None: ...

class OrderStateStats(_message.Message):
    __slots__ = ["count", "state", "value"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    count: int
    state: _order_pb2.OrderState
    value: _money_pb2.Money
    def __init__(self, state: _Optional[_Union[_order_pb2.OrderState, str]] = ..., count: _Optional[int] = ..., value: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class PlaceOrderLine(_message.Message):
    __slots__ = ["quantity", "sku"]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    quantity: int
    sku: str
    def __init__(self, sku: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...

class PlaceOrderRequest(_message.Message):
    __slots__ = ["customer_id", "email", "lines", "name", "payment_token", "request_id", "ship_to"]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SHIP_TO_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    email: str
    lines: _containers.RepeatedCompositeFieldContainer[PlaceOrderLine]
    name: str
    payment_token: str
    request_id: str
    ship_to: _order_pb2.Address
    def __init__(self, request_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., email: _Optional[str] = ..., name: _Optional[str] = ..., ship_to: _Optional[_Union[_order_pb2.Address, _Mapping]] = ..., lines: _Optional[_Iterable[_Union[PlaceOrderLine, _Mapping]]] = ..., payment_token: _Optional[str] = ...) -> None: ...

class PlaceOrderResponse(_message.Message):
    __slots__ = ["order_id", "state", "total", "version"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    state: _order_pb2.OrderState
    total: _money_pb2.Money
    version: int
    def __init__(self, order_id: _Optional[str] = ..., total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., state: _Optional[_Union[_order_pb2.OrderState, str]] = ..., version: _Optional[int] = ...) -> None: ...

class StockLine(_message.Message):
    __slots__ = ["quantity", "sku"]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    quantity: int
    sku: str
    def __init__(self, sku: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...

class StockProgress(_message.Message):
    __slots__ = ["held", "lines"]
    HELD_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    held: bool
    lines: _containers.RepeatedCompositeFieldContainer[StockLine]
    def __init__(self, held: bool = ..., lines: _Optional[_Iterable[_Union[StockLine, _Mapping]]] = ...) -> None: ...

class WatchOrderRequest(_message.Message):
    __slots__ = ["order_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    def __init__(self, order_id: _Optional[str] = ...) -> None: ...

class WatchOrderResponse(_message.Message):
    __slots__ = ["change", "heartbeat", "snapshot"]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    change: OrderChange
    heartbeat: Heartbeat
    snapshot: _order_pb2.Order
    def __init__(self, snapshot: _Optional[_Union[_order_pb2.Order, _Mapping]] = ..., change: _Optional[_Union[OrderChange, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ...) -> None: ...

class MoneyState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class LabelState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
