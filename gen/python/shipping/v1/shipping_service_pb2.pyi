from buf.validate import validate_pb2 as _validate_pb2
from shipping.v1 import shipping_pb2 as _shipping_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetShipmentRequest(_message.Message):
    __slots__ = ["order_id"]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    def __init__(self, order_id: _Optional[str] = ...) -> None: ...

class GetShipmentResponse(_message.Message):
    __slots__ = ["shipment"]
    SHIPMENT_FIELD_NUMBER: _ClassVar[int]
    shipment: _shipping_pb2.Shipment
    def __init__(self, shipment: _Optional[_Union[_shipping_pb2.Shipment, _Mapping]] = ...) -> None: ...

class ListShipmentsRequest(_message.Message):
    __slots__ = ["page_size", "page_token", "state"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    state: _shipping_pb2.ShipmentState
    def __init__(self, state: _Optional[_Union[_shipping_pb2.ShipmentState, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListShipmentsResponse(_message.Message):
    __slots__ = ["next_page_token", "shipments"]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SHIPMENTS_FIELD_NUMBER: _ClassVar[int]
    next_page_token: str
    shipments: _containers.RepeatedCompositeFieldContainer[_shipping_pb2.Shipment]
    def __init__(self, shipments: _Optional[_Iterable[_Union[_shipping_pb2.Shipment, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RecordTrackingRequest(_message.Message):
    __slots__ = ["note", "order_id", "request_id", "status"]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    note: str
    order_id: str
    request_id: str
    status: _shipping_pb2.TrackingStatus
    def __init__(self, order_id: _Optional[str] = ..., request_id: _Optional[str] = ..., status: _Optional[_Union[_shipping_pb2.TrackingStatus, str]] = ..., note: _Optional[str] = ...) -> None: ...

class RecordTrackingResponse(_message.Message):
    __slots__ = ["shipment"]
    SHIPMENT_FIELD_NUMBER: _ClassVar[int]
    shipment: _shipping_pb2.Shipment
    def __init__(self, shipment: _Optional[_Union[_shipping_pb2.Shipment, _Mapping]] = ...) -> None: ...
