"""The third demonstration: a contact centre's interactions reach Kafka through accidents."""
