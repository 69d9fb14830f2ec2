import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import de.bwaldvogel.mongo.wire.message.MongoQuery;

import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
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

    private static final int CACHE_MB = 64;

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
                .open();
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
                // The names are the superclass's: a file written by either can be read by the other.
                String full = getFullCollectionNamespace(name);
                MVMap<Object, Document> documents = getMvStore().openMap("databases." + full);
                MVMap<String, Object> facts = getMvStore().openMap("meta." + full);
                return new IndexedCollection(this, name, options, documents, facts, cursorRegistry);
            }
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
