/* NCCL's interface, played between threads or processes of one machine: device memory is host memory, sums are taken in the order of ranks
 * in memory that all map. Every call is written down. Work is done at once, or put on a stream that a test plays. No wait is without an end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { SUCCESS = 0, SYSTEM_ERROR = 2, INVALID_ARGUMENT = 4, INVALID_USAGE = 5, REMOTE_ERROR = 6 };
enum { FLOAT32 = 7, FLOAT64 = 8, BFLOAT16 = 9, SUM = 0, MOST_RANKS = 16, CHUNK = 1 << 16 };

typedef struct { char internal[128]; } ncclUniqueId;

typedef struct {
    atomic_int arrived, round, joined;
    char data[MOST_RANKS][CHUNK];
} Shared;

typedef struct {
    Shared *shared;
    char name[64];
    int rank, size, broken;
} Comm;

typedef struct {
    const char *send;
    char *receive;
    size_t bytes;
    int type;
    Comm *comm;
} Work;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char journal[1 << 16];
static size_t written;
static int failing, patience_ms = 20000;
static void (*enqueue)(void (*work)(void *), void *argument, void *stream);

static void note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&lock);
    written += vsnprintf(journal + written, sizeof journal - written, format, arguments);
    if (written > sizeof journal - 200)
        written = 0;
    pthread_mutex_unlock(&lock);
    va_end(arguments);
}

/* What a test asks of it. */
void played_queue(void (*to)(void (*)(void *), void *, void *)) { enqueue = to; }
void played_fail(int code) { failing = code; }
void played_patience(int milliseconds) { patience_ms = milliseconds; }
void played_journal(char *to, size_t size)
{
    pthread_mutex_lock(&lock);
    snprintf(to, size, "%.*s", (int)written, journal);
    written = 0;
    pthread_mutex_unlock(&lock);
}

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* All ranks of a communicator; 0 where one does not come. */
static int meet(Comm *comm)
{
    Shared *s = comm->shared;
    int round = atomic_load(&s->round);
    long start = now_ms();
    if (atomic_fetch_add(&s->arrived, 1) == comm->size - 1) {
        atomic_store(&s->arrived, 0);
        atomic_fetch_add(&s->round, 1);
        return 1;
    }
    while (atomic_load(&s->round) == round) {
        if (now_ms() - start > patience_ms) {
            comm->broken = REMOTE_ERROR;
            return 0;
        }
        usleep(20);
    }
    return 1;
}

static float widen(unsigned short x)
{
    unsigned bits = (unsigned)x << 16;
    float y;
    memcpy(&y, &bits, 4);
    return y;
}

static unsigned short narrow(float x)
{
    unsigned bits;
    memcpy(&bits, &x, 4);
    return (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void add(char *y, const char *x, size_t bytes, int type)
{
    if (type == FLOAT64)
        for (size_t i = 0; i < bytes / 8; i++)
            ((double *)y)[i] += ((const double *)x)[i];
    else if (type == FLOAT32)
        for (size_t i = 0; i < bytes / 4; i++)
            ((float *)y)[i] += ((const float *)x)[i];
    else
        for (size_t i = 0; i < bytes / 2; i++)
            ((unsigned short *)y)[i] = narrow(widen(((unsigned short *)y)[i]) + widen(((const unsigned short *)x)[i]));
}

static void run(void *argument)
{
    Work *work = argument;
    Comm *comm = work->comm;
    if (!comm->broken)
        note("run rank=%d first=%g\n", comm->rank, work->type == FLOAT32 && work->bytes ? *(const float *)work->send : 0.0);
    for (size_t at = 0; at < work->bytes && !comm->broken; at += CHUNK) {
        size_t bytes = work->bytes - at < CHUNK ? work->bytes - at : CHUNK;
        memcpy(comm->shared->data[comm->rank], work->send + at, bytes);
        if (!meet(comm))
            break;
        memcpy(work->receive + at, comm->shared->data[0], bytes);
        for (int rank = 1; rank < comm->size; rank++)
            add(work->receive + at, comm->shared->data[rank], bytes, work->type);
        if (!meet(comm))
            break;
    }
    free(work);
}

int ncclGetVersion(int *version)
{
    *version = 22105;
    return SUCCESS;
}

int ncclGetUniqueId(ncclUniqueId *id)
{
    static atomic_int count;
    memset(id, 0, sizeof *id);
    snprintf(id->internal, sizeof id->internal, "/played-nccl-%d-%d", (int)getpid(), atomic_fetch_add(&count, 1));
    id->internal[127] = 0x5a; /* so that all of it has to arrive */
    note("id\n");
    return failing;
}

const char *ncclGetErrorString(int code)
{
    return code == REMOTE_ERROR ? "remote process exited or there was a network error" : code == INVALID_USAGE ? "invalid usage"
        : code == SYSTEM_ERROR ? "unhandled system error" : "invalid argument";
}

const char *ncclGetLastError(void *comm) { return comm ? "" : "Duplicate GPU detected"; }

int ncclCommInitRank(void **made, int size, ncclUniqueId id, int rank)
{
    note("init rank=%d size=%d\n", rank, size);
    if (failing)
        return failing;
    if (id.internal[127] != 0x5a || size > MOST_RANKS || rank < 0 || rank >= size)
        return INVALID_ARGUMENT;
    int file = shm_open(id.internal, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, sizeof(Shared)))
        return SYSTEM_ERROR;
    Comm *comm = calloc(1, sizeof *comm);
    comm->shared = mmap(NULL, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    strcpy(comm->name, id.internal);
    comm->rank = rank;
    comm->size = size;
    *made = comm;
    if (!meet(comm))
        return REMOTE_ERROR;
    if (rank == 0)
        shm_unlink(comm->name);
    return SUCCESS;
}

int ncclCommDestroy(void *comm)
{
    note("destroy rank=%d\n", ((Comm *)comm)->rank);
    munmap(((Comm *)comm)->shared, sizeof(Shared));
    free(comm);
    return SUCCESS;
}

int ncclCommAbort(void *comm)
{
    note("abort rank=%d\n", ((Comm *)comm)->rank);
    ((Comm *)comm)->broken = REMOTE_ERROR;
    return SUCCESS; /* what is queued still looks at it, and does nothing */
}

int ncclCommGetAsyncError(void *comm, int *error)
{
    *error = ((Comm *)comm)->broken;
    return SUCCESS;
}

int ncclAllReduce(const void *send, void *receive, size_t count, int type, int operation, void *comm, void *stream)
{
    Comm *own = comm;
    note("sum rank=%d count=%zu type=%d stream=%s in_place=%d\n", own->rank, count, type, stream ? "own" : "0", send == receive);
    if (failing)
        return failing;
    if (operation != SUM || type < FLOAT32 || type > BFLOAT16)
        return INVALID_ARGUMENT;
    Work *work = malloc(sizeof *work);
    *work = (Work){ send, receive, count * (type == FLOAT64 ? 8 : type == FLOAT32 ? 4 : 2), type, own };
    if (enqueue)
        enqueue(run, work, stream);
    else
        run(work);
    return SUCCESS;
}
