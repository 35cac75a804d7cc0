using Dispatcher.Store;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Requests;

/// <summary>
/// Around everything that answers a request: gives it a correlation id and a log scope, puts the security headers on its answer, and turns whatever
/// goes wrong into a problem.
/// </summary>
internal sealed partial class RequestMiddleware(RequestDelegate next, ILogger<RequestMiddleware> logger)
{
    public Task InvokeAsync(HttpContext http)
    {
        var correlationId = CorrelationIds.Read(http.Request);
        var context = new RequestContext(correlationId ?? CorrelationIds.New());
        http.Features.Set(context);
        AddHeaders(http, context);
        if (correlationId is null) return BadCorrelationId.ExecuteAsync(http);
        return BodyEncoding.IsUtf8(http.Request) ? Answer(http, context) : BadEncoding.ExecuteAsync(http);
    }

    private static IResult BadCorrelationId => Problem.Of(
        StatusCodes.Status400BadRequest, "invalid-header", "The header x-correlation-id must be 1 to 200 printable ASCII characters, once.");

    private static IResult BadEncoding => Problem.Of(
        StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type", "Bodies are UTF-8; send another charset as `Content-Type: application/json`.");

    private async Task Answer(HttpContext http, RequestContext context)
    {
        using var scope = logger.BeginScope(context);
        try
        {
            await next(http);
            if (!IsBare(http.Response)) return;
            http.Response.ContentLength = null;
            await StatusProblem.Of(http).ExecuteAsync(http);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to hear what went wrong, and most likely nothing did: reading and writing fail when the caller leaves.
        }
        catch (Exception fault) when (!http.Response.HasStarted)
        {
            Log(fault);
            http.Response.Clear();
            AddHeaders(http, context);
            await FaultProblem.Of(fault, http).ExecuteAsync(http);
        }
        catch (Exception fault)
        {
            // The caller must not take half an answer for a whole one.
            LogFault(fault);
            http.Abort();
        }
    }

    private static void AddHeaders(HttpContext http, RequestContext context)
    {
        SecurityHeaders.AddTo(http);
        http.Response.Headers[CorrelationIds.Header] = context.CorrelationId;
    }

    /// <summary>A refusal without a body; that of a range already has the type and length of the file.</summary>
    private static bool IsBare(HttpResponse response) =>
        response is { StatusCode: >= 400, HasStarted: false, ContentLength: null or 0 }
        && (string.IsNullOrEmpty(response.ContentType) || response.StatusCode == StatusCodes.Status416RangeNotSatisfiable);

    private void Log(Exception fault)
    {
        // Its message says what is wrong with the database; as many stacks as there are requests while it is away would hide the rest.
        if (fault is StoreException) LogStore(fault.Message);
        else if (fault is not BadHttpRequestException) LogFault(fault);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A request met a fault of Dispatcher itself")]
    private partial void LogFault(Exception fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request could not be answered because the store failed: {Cause}")]
    private partial void LogStore(string cause);
}
