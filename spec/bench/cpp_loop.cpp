// The peer in C++: AWS's own runtime for custom functions, with a handler that does nothing.
#include <aws/lambda-runtime/runtime.h>

using aws::lambda_runtime::invocation_request;
using aws::lambda_runtime::invocation_response;

int main()
{
    aws::lambda_runtime::run_handler([](const invocation_request &) {
        return invocation_response::success("{}", "application/json");
    });
}
