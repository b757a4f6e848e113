package eventstore

import _ "github.com/EventStore/EventStore-Client-Go/v4/esdb"
