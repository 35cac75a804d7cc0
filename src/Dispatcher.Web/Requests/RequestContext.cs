using System.Collections;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Requests;

/// <summary>What is known of a request from its first line on; it is also the scope of its log lines.</summary>
internal sealed class RequestContext(string correlationId) : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <summary>Ties together what comes of the request: answers, log lines, events, callbacks.</summary>
    public string CorrelationId { get; } = correlationId;

    /// <summary>Null until the caller is known.</summary>
    public string? Tenant { get; set; }

    public int Count => Tenant is null ? 1 : 2;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("correlation_id", CorrelationId),
        1 when Tenant is not null => new("tenant_id", Tenant),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var index = 0; index < Count; index++) yield return this[index];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => Tenant is null ? $"correlation_id:{CorrelationId}" : $"correlation_id:{CorrelationId} tenant_id:{Tenant}";
}

public static class RequestContextExtensions
{
    /// <summary>The request's <c>x-correlation-id</c>, or the trace id that stands in for it: 1 to 200 printable ASCII characters.</summary>
    public static string CorrelationId(this HttpContext http) =>
        http.Features.Get<RequestContext>()?.CorrelationId ?? throw new InvalidOperationException("Only requests to endpoints of Dispatcher have a correlation id.");
}
