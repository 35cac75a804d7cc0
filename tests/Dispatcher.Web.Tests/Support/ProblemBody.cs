using System.Net;
using System.Text.Json;

namespace Dispatcher.Web.Tests.Support;

/// <summary>A refusal as a client sees it; reading one checks what all have in common.</summary>
internal sealed record ProblemBody(HttpStatusCode Status, string Code, string Detail, string CorrelationId, JsonElement Json)
{
    public static async Task<ProblemBody> Read(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.Content.Headers.ContentType?.MediaType == "application/problem+json", $"{(int)answer.StatusCode} {answer.Content.Headers.ContentType}: {text}");
        var json = JsonElement.Parse(text);
        var code = json.GetProperty("code").GetString()!;
        Assert.Equal((int)answer.StatusCode, json.GetProperty("status").GetInt32());
        Assert.Equal($"urn:dispatcher:problem:{code}", json.GetProperty("type").GetString());
        Assert.False(string.IsNullOrEmpty(json.GetProperty("title").GetString()));
        Assert.False(string.IsNullOrEmpty(json.GetProperty("instance").GetString()));
        Assert.False(json.TryGetProperty("traceId", out _) || json.TryGetProperty("trace_id", out _));
        var correlationId = json.GetProperty("correlation_id").GetString()!;
        Assert.Equal(correlationId, answer.Headers.GetValues("x-correlation-id").Single());
        return new ProblemBody(answer.StatusCode, code, json.GetProperty("detail").GetString()!, correlationId, json);
    }
}
