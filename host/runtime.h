/*
 * The service of a Lambda function: lambda.service, in host/lib, runs as a task.
 */
#ifndef LUALAMBDA_RUNTIME_H
#define LUALAMBDA_RUNTIME_H

/*
 * Serves the Runtime API at `api` ("host:port") until it ends. Returns the exit status of the
 * process: 0 after SIGTERM, 1 when the function cannot be loaded or the API fails.
 */
int runtime_serve(const char *api);

#endif
