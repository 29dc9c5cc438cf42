// Requests for mounts and volumes: given to the mounter, and answered when it reports.
#include "mounter.h"
#include "worker.h"

#include "io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIST_MAX_BYTES = 200000 };

bool mounter_open(struct worker *w, int listener) {
    struct mounter_report ready;
    w->mounter = (struct source){.fd = -1, .ready = mounter_ready};
    if (!w->config->mounts_path && !w->config->volumes_dir) return true;
    if (w->config->mounts_path && !mount_list_read(&w->mounts, w->config->mounts_path, w->config->root))
        return false;
    w->mounter.fd = mounter_start(w->config, &w->mounts, listener, &w->mounter_pid);
    if (w->mounter.fd < 0 || recv(w->mounter.fd, &ready, sizeof ready, 0) != (ssize_t)sizeof ready) {
        note("the mounter does not start");
        return false;
    }
    w->volumes_offered = ready.count > 0;
    return true;
}

// A free place for a job, or NULL.
static struct mount_job *job_new(struct worker *w, uint16_t type, struct connection *c, uint32_t request) {
    for (unsigned i = 0; i < MOUNT_JOBS_MAX; i++) {
        struct mount_job *job = &w->jobs[i];
        if (job->id) continue;
        if (++w->last_job == 0) w->last_job = 1;
        *job = (struct mount_job){
            .id = w->last_job, .type = type, .request = request, .connection = c, .filter = -1};
        return job;
    }
    return NULL;
}

static bool order_send(struct worker *w, const struct mounter_order *order) {
    return send(w->mounter.fd, order, sizeof *order, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof *order;
}

static void job_end(struct mount_job *job) {
    if (job->filter >= 0) close(job->filter);
    free(job->reply);
    *job = (struct mount_job){0};
}

void jobs_forget_connection(struct worker *w, const struct connection *c) {
    for (unsigned i = 0; i < MOUNT_JOBS_MAX; i++)
        if (w->jobs[i].connection == c) w->jobs[i].connection = NULL;
}

void jobs_forget_sandbox(struct worker *w, const struct sandbox *s) {
    for (unsigned i = 0; i < MOUNT_JOBS_MAX; i++)
        if (w->jobs[i].sandbox == s) w->jobs[i].sandbox = NULL;
}

// Whether somebody has the volume, in a way that does not go together with this one. One writer or many
// readers.
static bool volume_taken(const struct worker *w, const char *name, bool writes, const struct sandbox *but) {
    for (unsigned i = 0; i < w->sandbox_count; i++) {
        const struct sandbox *s = w->sandboxes[i];
        if (s == but) continue;
        for (unsigned k = 0; k < s->volume_count; k++)
            if (strcmp(s->volumes[k].name, name) == 0 && (writes || s->volumes[k].writes)) return true;
    }
    return false;
}

void volumes_give(struct worker *w, struct sandbox *s) {
    struct volume_use *volumes = s->volumes;
    unsigned count = s->volume_count;
    s->volumes = NULL;
    s->volume_count = 0;
    for (unsigned i = 0; i < count; i++) {
        struct mounter_order order = {.kind = MOUNTER_RELEASE};
        if (volume_taken(w, volumes[i].name, true, NULL)) continue;
        memcpy(order.volume, volumes[i].name, sizeof order.volume);
        // One that is not let go of now stays mounted until it is wanted again.
        order_send(w, &order);
    }
    free(volumes);
}

// The launch comes to nothing; nobody hears of its end but who asked.
static void launch_refuse(struct worker *w, struct connection *c, uint32_t number, struct sandbox *s,
                          const char *code, const char *text) {
    // It never had them, and whoever may have them should not wait for its end.
    if (s) volumes_give(w, s);
    if (s && s->state != SANDBOX_DYING) {
        s->id[0] = 0;
        sandbox_kill(w, s, "destroyed");
    }
    if (c) answer_refuse(w, c, number, code, text, NULL);
}

static const char *take_volumes(struct worker *w, struct sandbox *s, const struct mount_wish *wishes,
                                unsigned count) {
    s->volumes = calloc(count, sizeof *s->volumes);
    if (!s->volumes) return "no memory is left";
    for (unsigned i = 0; i < count; i++) {
        if (!wishes[i].volume) continue;
        if (volume_taken(w, wishes[i].name, wishes[i].writes, s))
            return "the volume has a writer, or readers where a writer is wanted";
        for (unsigned k = 0; k < s->volume_count; k++)
            if (strcmp(s->volumes[k].name, wishes[i].name) == 0 && (wishes[i].writes || s->volumes[k].writes))
                return "the volume is wanted twice, and written";
        struct volume_use *use = &s->volumes[s->volume_count++];
        memcpy(use->name, wishes[i].name, sizeof use->name);
        use->writes = wishes[i].writes;
    }
    return NULL;
}

void launch_with_mounts(struct worker *w, struct connection *c, const struct request *r, struct sandbox *s,
                        int filter, limit_set enforces) {
    static struct mounter_order order;
    const char *code = NULL;
    const char *text = NULL;
    struct mount_job *job = NULL;
    order = (struct mounter_order){.kind = MOUNTER_OPEN, .count = r->mount_count};
    request_mounts(r, order.wishes);
    if (w->mounter.fd < 0) {
        code = "unsupported";
        text = "this launcher gives no folders and no volumes";
    } else if (mount_targets_overlap(order.wishes, order.count)) {
        code = "bad_path";
        text = "two mounts are wanted at one place, or one in another";
    } else if ((text = take_volumes(w, s, order.wishes, order.count))) {
        code = "in_use";
    } else if (!(job = job_new(w, r->type, c, r->number))) {
        code = "full";
        text = "too many requests for mounts are under way";
    } else {
        order.job = job->id;
        order.first_id = ids_first(&w->ids, s->range);
        memcpy(order.owner, r->owner, sizeof order.owner);
        if (!order_send(w, &order)) {
            code = "failed";
            text = "the mounter does not listen";
        }
    }
    if (code) {
        close(filter);
        if (job) job_end(job);
        return launch_refuse(w, c, r->number, s, code, text);
    }
    job->version = r->version_max < WIRE_VERSION_MAX ? r->version_max : WIRE_VERSION_MAX;
    job->sandbox = s;
    job->filter = filter;
    job->enforces = enforces;
    for (unsigned i = 0; i < order.count; i++) {
        memcpy(job->targets[i], order.wishes[i].target, sizeof job->targets[i]);
        job->writes[i] = order.wishes[i].writes;
    }
    // What comes behind the request is the agent's and stays unread.
    unwatch(w, &c->socket);
    c->deadline_ns = now_ns() + (uint64_t)START_TIMEOUT_MS * 1000000;
}

static void launch_go_on(struct worker *w, struct mount_job *job, const struct mounter_report *report,
                         const int *fds) {
    struct connection *c = job->connection;
    struct sandbox *s = job->sandbox;
    struct stem_mounts mounts = {.count = report->count, .file_bytes = report->file_bytes};
    if (!c || !s || s->state == SANDBOX_DYING)
        return launch_refuse(w, c, job->request, s, "failed",
                             "the sandbox ended before its mounts were there");
    if (report->code[0]) return launch_refuse(w, c, job->request, s, report->code, report->text);
    for (unsigned i = 0; i < mounts.count; i++) {
        mounts.list[i] = (struct stem_mount){.file = report->file[i], .writes = job->writes[i]};
        memcpy(mounts.list[i].target, job->targets[i], sizeof mounts.list[i].target);
        mounts.fds[i] = fds[i];
    }
    answer_launched(w, c, job->request, job->version, job->enforces);
    if (c->socket.fd >= 0 && !sandbox_start(w, s, c->socket.fd, job->filter, &mounts))
        sandbox_kill(w, s, "setup_failed");
    connection_close(w, c);
}

void answer_volume(struct worker *w, struct connection *c, const struct request *r) {
    static const enum mounter_order_kind kinds[] = {MOUNTER_CREATE, MOUNTER_REMOVE, MOUNTER_LIST};
    static struct mounter_order order;
    enum limit which;
    struct mount_job *job;
    if (!w->volumes_offered)
        return answer_error(w, c, r->number, "unsupported", "this launcher has no volumes", NULL);
    if (r->type == MSG_VOLUME_CREATE && !volume_check(r->limits.disk_bytes, r->limits.inodes, &which))
        return answer_error(w, c, r->number, "bad_limit", "a volume's limit is out of bounds",
                            limit_names[which]);
    if (r->type == MSG_VOLUME_REMOVE && volume_taken(w, r->volume, true, NULL))
        return answer_error(w, c, r->number, "in_use", "a sandbox has the volume", NULL);
    order = (struct mounter_order){.kind = kinds[r->type - MSG_VOLUME_CREATE],
                                   .bytes = r->limits.disk_bytes,
                                   .inodes = r->limits.inodes,
                                   .first_id = w->config->id_base};
    memcpy(order.owner, c->owner, sizeof order.owner);
    memcpy(order.volume, r->volume, sizeof order.volume);
    job = job_new(w, r->type, c, r->number);
    if (!job)
        return answer_error(w, c, r->number, "full", "too many requests for volumes are under way", NULL);
    order.job = job->id;
    if (order_send(w, &order)) return;
    job_end(job);
    answer_error(w, c, r->number, "failed", "the mounter does not listen", NULL);
}

// One more line of a list; the last report sends it.
static void list_go_on(struct worker *w, struct mount_job *job, const struct mounter_report *report) {
    char line[128];
    if (!job->reply) {
        job->reply = malloc(LIST_MAX_BYTES);
        if (job->reply) message_begin(&job->list, job->reply, LIST_MAX_BYTES, MSG_OK, job->request);
    }
    if (!job->reply) return;
    if (report->more) {
        snprintf(line, sizeof line, "%s %llu %llu", report->volume, (unsigned long long)report->bytes,
                 (unsigned long long)report->inodes);
        message_text(&job->list, TAG_VOLUME, line);
    } else if (job->connection) {
        connection_send(w, job->connection, job->reply, message_finish(&job->list));
    }
}

static void volume_go_on(struct worker *w, struct mount_job *job, const struct mounter_report *report) {
    uint8_t bytes[64];
    struct message message;
    if (!job->connection) return;
    if (report->code[0])
        return answer_error(w, job->connection, job->request, report->code, report->text, NULL);
    message_begin(&message, bytes, sizeof bytes, MSG_OK, job->request);
    connection_send(w, job->connection, bytes, message_finish(&message));
}

static void job_go_on(struct worker *w, const struct mounter_report *report, const int *fds) {
    for (unsigned i = 0; i < MOUNT_JOBS_MAX; i++) {
        struct mount_job *job = &w->jobs[i];
        if (job->id != report->job) continue;
        if (job->type == MSG_LAUNCH || job->type == MSG_CLAIM)
            launch_go_on(w, job, report, fds);
        else if (job->type == MSG_VOLUME_LIST && !report->code[0])
            list_go_on(w, job, report);
        else
            volume_go_on(w, job, report);
        if (!report->more) job_end(job);
        return;
    }
}

void mounter_ready(struct worker *w, struct source *source, uint32_t events) {
    static struct mounter_report report;
    union {
        char bytes[CMSG_SPACE(MOUNTS_MAX * sizeof(int))];
        struct cmsghdr align;
    } control;
    for (;;) {
        int fds[MOUNTS_MAX];
        unsigned count = 0;
        struct iovec data = {&report, sizeof report};
        struct msghdr message = {.msg_iov = &data,
                                 .msg_iovlen = 1,
                                 .msg_control = control.bytes,
                                 .msg_controllen = sizeof control.bytes};
        ssize_t size = recvmsg(source->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size != (ssize_t)sizeof report) {
            // Volumes are mounted in its namespace only. The guardian ends everything and starts anew.
            note("the mounter is gone");
            _exit(1);
        }
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        if (header && header->cmsg_type == SCM_RIGHTS) {
            count = (unsigned)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(fds, CMSG_DATA(header), count * sizeof(int));
        }
        // A report of what went wrong has no descriptors, and one of a launch as many as it says.
        if (report.count > count) report.count = count;
        job_go_on(w, &report, fds);
        while (count > 0)
            close(fds[--count]);
    }
}
