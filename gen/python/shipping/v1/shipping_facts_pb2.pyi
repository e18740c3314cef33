from shipping.v1 import shipping_pb2 as _shipping_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ShipmentBooked(_message.Message):
    __slots__ = ["carrier", "carrier_reference", "order_id", "shipment_id", "tracking_number"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    CARRIER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    TRACKING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    carrier_reference: str
    order_id: str
    shipment_id: str
    tracking_number: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ..., carrier: _Optional[str] = ..., tracking_number: _Optional[str] = ..., carrier_reference: _Optional[str] = ...) -> None: ...

class ShipmentCancelled(_message.Message):
    __slots__ = ["carrier", "order_id", "shipment_id", "tracking_number"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    TRACKING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    order_id: str
    shipment_id: str
    tracking_number: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ..., carrier: _Optional[str] = ..., tracking_number: _Optional[str] = ...) -> None: ...

class ShipmentDelivered(_message.Message):
    __slots__ = ["carrier", "order_id", "shipment_id", "tracking_number"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    TRACKING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    order_id: str
    shipment_id: str
    tracking_number: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ..., carrier: _Optional[str] = ..., tracking_number: _Optional[str] = ...) -> None: ...

class ShipmentRefused(_message.Message):
    __slots__ = ["order_id", "refusals", "shipment_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    refusals: _containers.RepeatedCompositeFieldContainer[_shipping_pb2.Refusal]
    shipment_id: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ..., refusals: _Optional[_Iterable[_Union[_shipping_pb2.Refusal, _Mapping]]] = ...) -> None: ...

class ShipmentShipped(_message.Message):
    __slots__ = ["carrier", "order_id", "shipment_id", "tracking_number"]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_ID_FIELD_NUMBER: _ClassVar[int]
    TRACKING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    order_id: str
    shipment_id: str
    tracking_number: str
    def __init__(self, order_id: _Optional[str] = ..., shipment_id: _Optional[str] = ..., carrier: _Optional[str] = ..., tracking_number: _Optional[str] = ...) -> None: ...
