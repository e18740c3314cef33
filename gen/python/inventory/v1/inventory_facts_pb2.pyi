from google.type import money_pb2 as _money_pb2
from inventory.v1 import inventory_pb2 as _inventory_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ItemListed(_message.Message):
    __slots__ = ["item_version", "name", "price", "sku"]
    ITEM_VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    item_version: int
    name: str
    price: _money_pb2.Money
    sku: str
    def __init__(self, sku: _Optional[str] = ..., name: _Optional[str] = ..., price: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., item_version: _Optional[int] = ...) -> None: ...

class ItemPriceChanged(_message.Message):
    __slots__ = ["item_version", "name", "price", "sku"]
    ITEM_VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    item_version: int
    name: str
    price: _money_pb2.Money
    sku: str
    def __init__(self, sku: _Optional[str] = ..., name: _Optional[str] = ..., price: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., item_version: _Optional[int] = ...) -> None: ...

class ShortLine(_message.Message):
    __slots__ = ["available", "sku", "wanted"]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    WANTED_FIELD_NUMBER: _ClassVar[int]
    available: int
    sku: str
    wanted: int
    def __init__(self, sku: _Optional[str] = ..., wanted: _Optional[int] = ..., available: _Optional[int] = ...) -> None: ...

class StockDispatched(_message.Message):
    __slots__ = ["lines", "order_id"]
    LINES_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[_inventory_pb2.StockLine]
    order_id: str
    def __init__(self, order_id: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[_inventory_pb2.StockLine, _Mapping]]] = ...) -> None: ...

class StockLevelChanged(_message.Message):
    __slots__ = ["available", "item_version", "name", "on_hand", "order_id", "price", "reserved", "sku"]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    ITEM_VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ON_HAND_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    available: int
    item_version: int
    name: str
    on_hand: int
    order_id: str
    price: _money_pb2.Money
    reserved: int
    sku: str
    def __init__(self, sku: _Optional[str] = ..., name: _Optional[str] = ..., price: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., on_hand: _Optional[int] = ..., reserved: _Optional[int] = ..., available: _Optional[int] = ..., item_version: _Optional[int] = ..., order_id: _Optional[str] = ...) -> None: ...

class StockReleaseRefused(_message.Message):
    __slots__ = ["order_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    def __init__(self, order_id: _Optional[str] = ...) -> None: ...

class StockReleased(_message.Message):
    __slots__ = ["lines", "order_id"]
    LINES_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[_inventory_pb2.StockLine]
    order_id: str
    def __init__(self, order_id: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[_inventory_pb2.StockLine, _Mapping]]] = ...) -> None: ...

class StockReserved(_message.Message):
    __slots__ = ["lines", "order_id"]
    LINES_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[_inventory_pb2.StockLine]
    order_id: str
    def __init__(self, order_id: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[_inventory_pb2.StockLine, _Mapping]]] = ...) -> None: ...

class StockUnavailable(_message.Message):
    __slots__ = ["order_id", "short"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHORT_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    short: _containers.RepeatedCompositeFieldContainer[ShortLine]
    def __init__(self, order_id: _Optional[str] = ..., short: _Optional[_Iterable[_Union[ShortLine, _Mapping]]] = ...) -> None: ...
