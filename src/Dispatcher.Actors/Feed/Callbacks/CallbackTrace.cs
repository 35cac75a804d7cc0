using System.Diagnostics;
using System.Globalization;
using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.Feed.Callbacks;

/// <summary>One span for each attempt of a callback, in the trace of the request that made the job. The receiver's own spans become its children.</summary>
internal static class CallbackTrace
{
    /// <summary>Null while nobody listens.</summary>
    public static Activity? Start(StoredDelivery delivery, CallbackRequest request) => !Tracing.Source.HasListeners()
        ? null
        : Tracing.Source.StartActivity($"callback {delivery.EventType}", ActivityKind.Client, Tracing.ParentOf(request.ParentTrace))?
            .SetTag("dispatcher.job.id", delivery.JobId.ToString())
            .SetTag("dispatcher.tenant", delivery.Tenant)
            .SetTag("dispatcher.seq", delivery.SequenceNr)
            .SetTag("dispatcher.attempt", delivery.Attempts + 1)
            .SetTag("server.address", request.Url.Host)
            .SetTag("server.port", request.Url.Port);

    /// <summary>The request with the header that continues the trace; as it is without a trace.</summary>
    public static CallbackRequest Continued(CallbackRequest request, Activity? span, IdGenerator ids) =>
        (span is { IdFormat: ActivityIdFormat.W3C } ? span.Id : TraceParent.Follow(request.ParentTrace, ids)) is { } traceParent
            ? request with { Headers = [.. request.Headers, new("traceparent", traceParent)] }
            : request;

    public static void End(Activity? span, CallbackAnswer answer)
    {
        if (span is null) return;
        if (answer.StatusCode is { } status) span.SetTag("http.response.status_code", status);
        if (answer.Error is { } error)
        {
            span.SetTag("error.type", answer.StatusCode?.ToString(CultureInfo.InvariantCulture) ?? "no-answer");
            span.SetStatus(ActivityStatusCode.Error, error);
        }
        else
        {
            span.SetStatus(ActivityStatusCode.Ok);
        }
    }
}
