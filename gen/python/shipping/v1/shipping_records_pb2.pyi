from shipping.v1 import shipping_pb2 as _shipping_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CancellationNoted(_message.Message):
    __slots__ = ["order_id", "shipment_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    shipment_id: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ...) -> None: ...

class CarrierChosen(_message.Message):
    __slots__ = ["carrier", "order_id", "shipment_id"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    order_id: str
    shipment_id: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ..., carrier: _Optional[str] = ...) -> None: ...

class CarrierRefused(_message.Message):
    __slots__ = ["carrier", "code", "message", "order_id", "shipment_id"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    code: str
    message: str
    order_id: str
    shipment_id: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ..., carrier: _Optional[str] = ..., code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class ParcelAccepted(_message.Message):
    __slots__ = ["order_id", "shipment_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    shipment_id: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ...) -> None: ...

class ParcelHandedOver(_message.Message):
    __slots__ = ["order_id", "shipment_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    shipment_id: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ...) -> None: ...

class ParcelLost(_message.Message):
    __slots__ = ["note", "order_id", "shipment_id"]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    note: str
    order_id: str
    shipment_id: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class ShipmentClosed(_message.Message):
    __slots__ = ["order_id", "shipment_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    shipment_id: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ...) -> None: ...

class ShipmentOpened(_message.Message):
    __slots__ = ["carrier", "carriers", "lines", "name", "order_id", "ship_to", "shipment_id"]
    CARRIERS_FIELD_NUMBER: _ClassVar[int]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    SHIP_TO_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    carriers: _containers.RepeatedScalarFieldContainer[str]
    lines: _containers.RepeatedCompositeFieldContainer[_shipping_pb2.ParcelLine]
    name: str
    order_id: str
    ship_to: _shipping_pb2.Address
    shipment_id: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ..., name: _Optional[str] = ..., ship_to: _Optional[_Union[_shipping_pb2.Address, _Mapping]] = ..., lines: _Optional[_Iterable[_Union[_shipping_pb2.ParcelLine, _Mapping]]] = ..., carriers: _Optional[_Iterable[str]] = ..., carrier: _Optional[str] = ...) -> None: ...
