import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.AbstractUniqueIndex;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import de.bwaldvogel.mongo.wire.message.MongoQuery;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;
import org.h2.mvstore.type.ObjectDataType;
import org.h2.mvstore.type.StringDataType;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The local network's database: mongo-java-server on an H2 store in one file, as a process of its own.
 *
 * <p>Usage: {@code java -cp ... LocalMongo HOST PORT FILE}. It listens once the file is open, so an accepted
 * connection means ready; SIGTERM closes the file properly. The stock launcher will not do, for four reasons, each
 * explained where it is dealt with below: the version it reports, how long it keeps writes in memory, what it finds
 * after a SIGKILL, and the queries for which it uses an index.
 */
public final class LocalMongo {

    /** What a SIGKILL may lose of the writes acknowledged last, in milliseconds. The store's own default is 1000. */
    private static final int COMMIT_EVERY_MS = 20;

    /**
     * Sparse chunks of the file are rewritten, or it would only grow: after half a second without a write, because a
     * pass holds up every command; and only so much at a time, in bytes.
     */
    private static final int QUIET_COMMITS = 25;
    private static final int TIDY_FILL_PERCENT = 80;
    private static final int TIDY_BYTES = 1 << 20;

    /** Unsaved data at which the store would commit on its own account, in KB: never reached, see {@link Commits}. */
    private static final int NEVER_BY_SIZE_KB = 1 << 20;

    private static final int CACHE_MB = 160;

    /** Bytes. A commit writes whole pages, and ids are random: with the store's own 16 KB a file grows twice as fast. */
    private static final int PAGE_SPLIT = 4096;

    /** How documents and index keys are written, see {@link DocumentType} and {@link KeyType}. */
    private static final int FORMAT = 1;

    private LocalMongo() {
    }

    public static void main(String[] arguments) throws Exception {
        String host = arguments[0];
        int port = Integer.parseInt(arguments[1]);
        Path file = Path.of(arguments[2]);
        Files.createDirectories(file.toAbsolutePath().getParent());
        MVStore store = new MVStore.Builder()
                .fileName(file.toString())
                .cacheSize(CACHE_MB)
                .autoCommitDisabled()
                .autoCommitBufferSize(NEVER_BY_SIZE_KB)
                .pageSplitSize(PAGE_SPLIT)
                .open();
        if (store.getCurrentVersion() > 0 && store.getStoreVersion() != FORMAT) {
            System.err.println(file + " was written by another version of this launcher; start with an empty file");
            System.exit(1);
        }
        store.setStoreVersion(FORMAT);
        Commits commits = new Commits(store);
        IndexedBackend backend = new IndexedBackend(store, commits);
        backend.version(new ReportedVersion());
        commits.start();

        MongoServer server = new MongoServer(backend);
        server.bind(host, port);
        System.out.println("LocalMongo listens on " + host + ":" + port);
        // Commands under way are finished first; closing the store is its last commit.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            commits.finished = true;
            server.shutdownNow();
        }, "shutdown"));
    }

    /**
     * Decides when the store is written to its file: between commands, never in the middle of one.
     *
     * <p>The store's own background commit takes its maps one after the other while commands go on. So a killed
     * database could come back with a document but without its index entry: there in a scan, not found by its id,
     * and impossible to insert again. Here a command holds the lock shared, a commit holds it alone.
     */
    private static final class Commits extends Thread {

        private final MVStore store;
        private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock(true);
        private volatile boolean finished;

        private Commits(MVStore store) {
            super("commits");
            this.store = store;
            setDaemon(true);
        }

        private <T> T between(Supplier<T> command) {
            lock.readLock().lock();
            try {
                return command.get();
            } finally {
                lock.readLock().unlock();
            }
        }

        @Override
        public void run() {
            try {
                boolean untidy = false;
                for (int quiet = 0; !finished; quiet++) {
                    Thread.sleep(COMMIT_EVERY_MS);
                    if (alone(this::commit)) {
                        quiet = 0;
                        untidy = true;
                    } else if (untidy && quiet >= QUIET_COMMITS) {
                        quiet = 0;
                        untidy = alone(() -> store.compact(TIDY_FILL_PERCENT, TIDY_BYTES));
                    }
                }
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException failure) {
                if (finished) {
                    return;
                }
                // Going on would acknowledge writes that no commit will ever save.
                failure.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
        }

        /** Whether there was anything to commit. */
        private boolean commit() {
            boolean changed = store.hasUnsavedChanges();
            if (changed) {
                store.commit();
            }
            return changed;
        }

        /** Does {@code work} while no command is under way; false if the store is closed. */
        private boolean alone(BooleanSupplier work) {
            lock.writeLock().lock();
            try {
                return !store.isClosed() && work.getAsBoolean();
            } finally {
                lock.writeLock().unlock();
            }
        }
    }

    /**
     * MongoDB 5.0 with its true wire version. The stock server says 5.0 and wire version 8, which is that of 4.2:
     * current drivers want 9 at least, and refuse to talk.
     */
    private static final class ReportedVersion implements MongoVersion {

        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }
    }

    /** Hands out databases whose collections use an index wherever one helps. */
    private static final class IndexedBackend extends H2Backend {

        private final Commits commits;

        private IndexedBackend(MVStore store, Commits commits) {
            super(store);
            this.commits = commits;
        }

        @Override
        public Document handleMessage(MongoMessage message) {
            return commits.between(() -> super.handleMessage(message));
        }

        @Override
        public QueryResult handleQuery(MongoQuery query) {
            return commits.between(() -> super.handleQuery(query));
        }

        @Override
        protected MongoDatabase openOrCreateDatabase(String name) {
            return new IndexedDatabase(name);
        }

        /** An inner class on purpose: the constructor of its superclass already opens collections, and so the store. */
        private final class IndexedDatabase extends H2Database {

            private IndexedDatabase(String name) {
                super(name, getMvStore(), getCursorRegistry());
            }

            @Override
            protected MongoCollection<Object> openOrCreateCollection(String name, CollectionOptions options) {
                // The names are the superclass's, which drops and renames by them.
                String full = getFullCollectionNamespace(name);
                MVMap<Object, Document> documents = getMvStore().openMap(
                        "databases." + full, new MVMap.Builder<Object, Document>().valueType(new DocumentType()));
                MVMap<String, Object> facts = getMvStore().openMap("meta." + full);
                return new IndexedCollection(this, name, options, documents, facts, cursorRegistry);
            }

            @Override
            protected Index<Object> openOrCreateUniqueIndex(
                    String collection, String name, List<IndexKey> keys, boolean sparse) {
                String map = getFullCollectionNamespace(collection) + "._index_" + name;
                return new UniqueIndex(
                        getMvStore().openMap(map, new MVMap.Builder<KeyValue, Object>().keyType(new KeyType())),
                        name, keys, sparse);
            }
        }
    }

    /** The superclass's own index, which only its package can make. */
    private static final class UniqueIndex extends AbstractUniqueIndex<Object> {

        private final MVMap<KeyValue, Object> positions;

        private UniqueIndex(MVMap<KeyValue, Object> positions, String name, List<IndexKey> keys, boolean sparse) {
            super(name, keys, sparse);
            this.positions = positions;
        }

        @Override
        protected Object removeDocument(KeyValue key) {
            return positions.remove(key);
        }

        @Override
        protected boolean putKeyPosition(KeyValue key, Object position) {
            return positions.putIfAbsent(key, Missing.ofNullable(position)) == null;
        }

        @Override
        protected Iterable<Map.Entry<KeyValue, Object>> getIterable() {
            return positions.entrySet();
        }

        @Override
        protected Object getPosition(KeyValue key) {
            return positions.get(key);
        }

        @Override
        public long getCount() {
            return positions.sizeAsLong();
        }

        @Override
        public boolean isEmpty() {
            return positions.isEmpty();
        }

        @Override
        public long getDataSize() {
            return getCount();
        }
    }

    /**
     * How an index's keys are compared and written.
     *
     * <p>The store's general type knows nothing of them, so it serializes both sides of every comparison: sixteen of
     * them a look-up. Here keys made of text only, which nearly all are, are compared as text and come before all
     * others; the others go the general way.
     */
    private static final class KeyType extends BasicDataType<KeyValue> {

        private static final byte TEXT = 0;
        private static final byte GENERAL = 1;
        private final ObjectDataType general = new ObjectDataType();

        @Override
        public int compare(KeyValue one, KeyValue other) {
            boolean text = isText(one);
            if (text != isText(other)) {
                return text ? -1 : 1;
            }
            if (!text) {
                return one.equals(other) ? 0 : general.compare(one, other);
            }
            for (int at = 0; at < Math.min(one.size(), other.size()); at++) {
                int order = ((String) one.get(at)).compareTo((String) other.get(at));
                if (order != 0) {
                    return order;
                }
            }
            return Integer.compare(one.size(), other.size());
        }

        @Override
        public int getMemory(KeyValue key) {
            int bytes = 40;
            for (Object value : key) {
                bytes += value instanceof String text ? 48 + 2 * text.length() : 64;
            }
            return bytes;
        }

        @Override
        public void write(WriteBuffer buffer, KeyValue key) {
            if (isText(key)) {
                buffer.put(TEXT).putVarInt(key.size());
                for (Object value : key) {
                    StringDataType.INSTANCE.write(buffer, (String) value);
                }
            } else {
                general.write(buffer.put(GENERAL), key);
            }
        }

        @Override
        public KeyValue read(ByteBuffer buffer) {
            if (buffer.get() == GENERAL) {
                return (KeyValue) general.read(buffer);
            }
            String[] values = new String[DataUtils.readVarInt(buffer)];
            for (int at = 0; at < values.length; at++) {
                values[at] = StringDataType.INSTANCE.read(buffer);
            }
            return new KeyValue((Object[]) values);
        }

        @Override
        public KeyValue[] createStorage(int size) {
            return new KeyValue[size];
        }

        private static boolean isText(KeyValue key) {
            for (Object value : key) {
                if (!(value instanceof String)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Documents are written as BSON; the store's general type would use Java's serialization, ten times as slow. */
    private static final class DocumentType extends BasicDataType<Document> {

        @Override
        public int getMemory(Document document) {
            return memory(document);
        }

        private static int memory(Object value) {
            if (value instanceof String text) {
                return 48 + 2 * text.length();
            }
            int bytes = 32;
            if (value instanceof Document document) {
                for (Map.Entry<String, Object> entry : document.entrySet()) {
                    bytes += 48 + memory(entry.getKey()) + memory(entry.getValue());
                }
            } else if (value instanceof Collection<?> list) {
                for (Object each : list) {
                    bytes += 8 + memory(each);
                }
            }
            return bytes;
        }

        @Override
        public void write(WriteBuffer buffer, Document document) {
            ByteBuf encoded = Unpooled.buffer(1024);
            BsonEncoder.encodeDocument(document, encoded);
            buffer.putVarInt(encoded.readableBytes()).put(encoded.nioBuffer());
        }

        @Override
        public Document read(ByteBuffer buffer) {
            int length = DataUtils.readVarInt(buffer);
            Document document = BsonDecoder.decodeBson(Unpooled.wrappedBuffer(buffer.slice(buffer.position(), length)));
            buffer.position(buffer.position() + length);
            return document;
        }

        @Override
        public Document[] createStorage(int size) {
            return new Document[size];
        }
    }

    /**
     * A collection that uses an index also for a part of a query.
     *
     * <p>The stock collection does so only when a query names exactly the index's keys and nothing else. Then a
     * compare-and-set, {@code {_id: ..., version: ...}}, reads every document: 400 of them a second, not 5000.
     */
    private static final class IndexedCollection extends H2Collection {

        private IndexedCollection(
                MongoDatabase database,
                String name,
                CollectionOptions options,
                MVMap<Object, Document> documents,
                MVMap<String, Object> facts,
                CursorRegistry cursors) {
            super(database, name, options, documents, facts, cursors);
        }

        @Override
        protected QueryResult queryDocuments(
                Document query, Document order, int skip, int limit, int batch, Document fields) {
            for (Index<Object> index : getIndexes()) {
                Document part = partFor(index, query);
                if (part != null && index.canHandle(part)) {
                    // Every candidate is still matched against the whole query.
                    return matchDocuments(query, index.getPositions(part), order, skip, limit, batch, fields);
                }
            }
            return matchDocuments(query, order, skip, limit, batch, fields);
        }

        /**
         * What {@code query} says about the keys of {@code index}; null unless it says something about all of them.
         *
         * <p>Null and lists are left to a scan: null also matches a document that lacks the field and may stand
         * outside a sparse index, a list also matches a document by its elements.
         */
        private static Document partFor(Index<Object> index, Document query) {
            Document part = new Document();
            for (IndexKey key : index.getKeys()) {
                Object value = query.get(key.getKey());
                if (needsScan(value) || value instanceof Document operators && hasListToScanFor(operators)) {
                    return null;
                }
                part.put(key.getKey(), value);
            }
            return part;
        }

        private static boolean needsScan(Object value) {
            return value == null || value instanceof Collection;
        }

        private static boolean hasListToScanFor(Document operators) {
            return operators.get("$in") instanceof Collection<?> values
                    && values.stream().anyMatch(IndexedCollection::needsScan);
        }
    }
}
