/*
 * libcurl says which sockets it waits for and until when. The sockets are in a set of the kernel's
 * (epoll), which the events watch as one descriptor; the time is a timer of theirs. Both are there
 * exactly as long as transfers are under way: the events are pending so long.
 */
#include "multi.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct multi {
    CURLM *curl;
    struct events *events;
    struct watch sockets;
    struct timer timer;
    struct multi_transfer *transfers; /* that are under way */
    bool deaf;                        /* to a socket that could not be watched */
};

/* Sockets that are read before the tasks that wait for them run. */
enum { AT_ONCE = 1024 };

/* When libcurl waits for sockets alone; in seconds. */
static const double NEVER = 1e9;

/* ---- what libcurl waits for ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int wanted, void *user, void *known)
{
    struct multi *multi = user;
    struct epoll_event event = {
        .data.fd = fd,
        .events = (wanted & CURL_POLL_IN ? EPOLLIN : 0) | (wanted & CURL_POLL_OUT ? EPOLLOUT : 0),
    };
    int change = wanted == CURL_POLL_REMOVE ? EPOLL_CTL_DEL : known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    (void)easy;
    if (epoll_ctl(multi->sockets.fd, change, fd, &event) == 0)
        curl_multi_assign(multi->curl, fd, multi); /* makes it known */
    else if (change != EPOLL_CTL_DEL)
        multi->deaf = true;
    return 0; /* to refuse would leave libcurl without its resolver */
}

/* Room for the timer that is set already never lacks. */
static void set_timer(struct multi *multi, double seconds)
{
    timer_stop(&multi->timer);
    (void)timer_start(multi->events, &multi->timer, seconds);
}

static int on_timeout(CURLM *curl, long timeout_ms, void *user)
{
    struct multi *multi = user;
    (void)curl;
    if (multi->transfers)
        set_timer(multi, timeout_ms < 0 ? NEVER : (double)timeout_ms / 1000);
    return 0;
}

/* ---- what happens ---- */

static void end(struct multi_transfer *transfer, CURLcode code)
{
    multi_stop(transfer);
    transfer->ended(transfer, code);
}

/*
 * Moves on what waits for a socket, or for the time. Where memory is too short to wait for a socket
 * nobody says whose it is: all end, rather than that one waits for ever.
 */
static void move_on(struct multi *multi, curl_socket_t fd)
{
    int running = 0, left = 0;
    CURLMcode code = curl_multi_socket_action(multi->curl, fd, 0, &running);
    for (CURLMsg *done; (done = curl_multi_info_read(multi->curl, &left));) {
        char *transfer = NULL;
        CURLcode result = done->data.result;
        curl_easy_getinfo(done->easy_handle, CURLINFO_PRIVATE, &transfer);
        end((struct multi_transfer *)(void *)transfer, result);
    }
    while ((code != CURLM_OK || multi->deaf) && multi->transfers)
        end(multi->transfers, CURLE_OUT_OF_MEMORY);
    multi->deaf = false;
}

/* libcurl bears with a socket that has been closed, or opened anew, meanwhile. */
static void on_ready(struct watch *watch)
{
    struct multi *multi = (struct multi *)((char *)watch - offsetof(struct multi, sockets));
    struct epoll_event found[AT_ONCE];
    int count = epoll_wait(watch->fd, found, AT_ONCE, 0);
    for (int i = 0; i < count; i++)
        move_on(multi, found[i].data.fd);
}

static void on_due(struct timer *timer)
{
    struct multi *multi = (struct multi *)((char *)timer - offsetof(struct multi, timer));
    set_timer(multi, NEVER);
    move_on(multi, CURL_SOCKET_TIMEOUT);
}

/* ---- the handle ---- */

struct multi *multi_new(struct events *events)
{
    struct multi *multi = calloc(1, sizeof *multi);
    if (!multi)
        return NULL;
    multi->events = events;
    multi->timer.fired = on_due;
    multi->sockets.ready = on_ready;
    multi->sockets.fd = epoll_create1(EPOLL_CLOEXEC);
    multi->curl = curl_multi_init();
    if (multi->sockets.fd < 0 || !multi->curl) {
        multi_free(multi);
        return NULL;
    }
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
    curl_multi_setopt(multi->curl, CURLMOPT_QUICK_EXIT, 1L); /* no exit waits for a name server */
    return multi;
}

void multi_free(struct multi *multi)
{
    if (!multi)
        return;
    curl_multi_cleanup(multi->curl);
    if (multi->sockets.fd >= 0)
        close(multi->sockets.fd);
    free(multi);
}

/* ---- transfers ---- */

static int link_transfer(struct multi *multi, struct multi_transfer *transfer)
{
    if (!multi->transfers && (timer_start(multi->events, &multi->timer, NEVER) != 0 ||
                              watch_start(multi->events, &multi->sockets, POLLIN) != 0)) {
        timer_stop(&multi->timer);
        return -1;
    }
    transfer->multi = multi;
    transfer->next = multi->transfers;
    transfer->link = &multi->transfers;
    if (transfer->next)
        transfer->next->link = &transfer->next;
    multi->transfers = transfer;
    return 0;
}

int multi_start(struct multi *multi, struct multi_transfer *transfer)
{
    if (link_transfer(multi, transfer) != 0)
        return -1;
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    if (curl_multi_add_handle(multi->curl, transfer->easy) == CURLM_OK)
        return 0;
    multi_stop(transfer);
    return -1;
}

void multi_stop(struct multi_transfer *transfer)
{
    struct multi *multi = transfer->multi;
    if (!multi)
        return;
    curl_multi_remove_handle(multi->curl, transfer->easy);
    transfer->multi = NULL;
    *transfer->link = transfer->next;
    if (transfer->next)
        transfer->next->link = transfer->link;
    if (multi->transfers)
        return;
    watch_stop(&multi->sockets);
    timer_stop(&multi->timer);
}
