using System.Text.Json;
using Dispatcher.Steps;
using Dispatcher.Steps.Providers;
using Dispatcher.Steps.Providers.Http;
using Dispatcher.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>
/// <c>POST /api/webhooks/replicate</c>: open, and always answered 200, whatever comes. It rings a bell, and whoever waits for the prediction asks the provider itself; so a body
/// that somebody made up can do nothing, and one that comes twice nothing more.
/// </summary>
internal static class ReplicateWebhook
{
    private const int BodyLimitBytes = 256 * 1024;

    public static void MapReplicateWebhook(this IEndpointRouteBuilder root) =>
        root.MapPost("/api/webhooks/replicate", Take).AllowAnonymousAccess().ExcludeFromDescription();

    private static async Task<IResult> Take(HttpContext http, ProviderSignals signals)
    {
        if (await ReadId(http) is { } id) signals.Ring(id);
        return VideoAnswer.Ok(new System.Text.Json.Nodes.JsonObject { ["status"] = "ok" });
    }

    private static async ValueTask<string?> ReadId(HttpContext http)
    {
        if (http.Request.ContentLength > BodyLimitBytes) return null;
        try
        {
            var buffer = new byte[BodyLimitBytes];
            var length = await http.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, http.RequestAborted);
            return PredictionReader.Read(JsonElement.Parse(buffer.AsSpan(0, length))).Id;
        }
        catch (Exception fault) when (fault is JsonException or StepFailedException or BadHttpRequestException or IOException or InvalidOperationException)
        {
            return null;
        }
    }
}
