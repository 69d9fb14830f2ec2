import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Prints the network's events. Arguments: the topics to read. */
public class Subscribe {
    private static final Map<String, Long> LAST_SEQUENCE = new HashMap<>();

    public static void main(String[] arguments) {
        List<String> topics = arguments.length == 0 ? List.of("directory.center.v1") : List.of(arguments);
        Properties settings = new Properties();
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv().getOrDefault("BOOTSTRAP", "127.0.0.1:9092"));
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings)) {
            // Partitions by hand and no group: nobody remembers where we were, each run reads everything.
            List<TopicPartition> partitions = topics.stream()
                    .flatMap(topic -> consumer.partitionsFor(topic).stream())
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (true) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
                    handle(record);
                }
            }
        }
    }

    /** Prints one event, unless it came before: the same event may come twice. */
    private static void handle(ConsumerRecord<String, String> record) {
        Map<String, String> attributes = new HashMap<>();
        for (Header header : record.headers()) {
            if (header.key().startsWith("ce_") && header.value() != null) {
                attributes.put(header.key().substring(3), new String(header.value(), StandardCharsets.UTF_8));
            }
        }
        if (!"1.0".equals(attributes.get("specversion")) || !attributes.getOrDefault("sequence", "").matches("[0-9]+")) {
            System.out.printf("passed over %s %d:%d: not an event%n", record.topic(), record.partition(), record.offset());
            return;
        }
        long sequence = Long.parseLong(attributes.get("sequence"));
        String aggregate = record.topic() + " " + record.key();
        if (sequence <= LAST_SEQUENCE.getOrDefault(aggregate, 0L)) {
            return;
        }
        LAST_SEQUENCE.put(aggregate, sequence);
        System.out.printf("%s %s %s #%d%n", attributes.get("time"), attributes.get("type"), record.key(), sequence);
        System.out.printf("  %s%n", record.value());
    }
}
