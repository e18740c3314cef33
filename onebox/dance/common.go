package dance

import "orpheus.example/kit/bus"

// common returns what all channels, operations and messages refer to.
func common() components {
	return components{
		Messages: map[string]wireMessage{},
		Parameters: fields{"partition": fields{
			"description": "Which of the hearers' queues it goes to, from 0; follows from the correlation id. With one queue each, 0.",
			"default":     "0",
		}},
		Schemas: fields{"headers": headers()},
		CorrelationIDs: fields{"undertaking": fields{
			"description": "What larger undertaking it belongs to, as an order.",
			"location":    "$message.header#/cloudEvents_correlationid",
		}},
		ChannelBindings: fields{"facts": fields{"amqp": fields{
			"is": "routingKey", "bindingVersion": amqpVersion,
			"exchange": fields{"name": bus.Exchange, "type": "direct", "durable": true, "autoDelete": false, "vhost": "/"},
		}}},
		OperationBindings: fields{
			// Persistent and mandatory: a fact that no queue takes comes back to
			// its sayer, and stays in its log.
			"says":  fields{"amqp": fields{"deliveryMode": 2, "mandatory": true, "timestamp": true, "bindingVersion": amqpVersion}},
			"hears": fields{"amqp": fields{"ack": true, "bindingVersion": amqpVersion}},
		},
	}
}

// headers are those of a CloudEvent in binary mode, and some of our own; see
// kit/rabbitbus. All are strings.
func headers() fields {
	properties := fields{}
	for name, says := range map[string]string{
		"cloudEvents_specversion":   "1.0",
		"cloudEvents_id":            "Id of the event, a UUID; the same however often it is sent.",
		"cloudEvents_type":          "Full name of the body's kind.",
		"cloudEvents_source":        "The service that says it.",
		"cloudEvents_subject":       "The stream it happened to.",
		"cloudEvents_time":          "When it was recorded.",
		"cloudEvents_correlationid": "What larger undertaking it belongs to.",
		"cloudEvents_causationid":   "Id of the event or request that led to it.",
		"cloudEvents_traceparent":   "W3C trace context of its creation.",
		"traceparent":               "W3C trace context of this hop.",
		"orpheus_version":           "Its place in its stream, from 1.",
		"orpheus_actor":             "Who asked for what led to it.",
		"orpheus_replayed":          "It has been sent before, and is sent again on purpose.",
	} {
		properties[name] = fields{"type": "string", "description": says}
	}
	return fields{
		"type": "object", "properties": properties,
		"required": []string{"cloudEvents_specversion", "cloudEvents_id", "cloudEvents_type", "orpheus_version"},
	}
}
