using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Steps.Providers;
using Dispatcher.Web.Access;
using Dispatcher.Web.Limits;
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
    /// <summary>What is looked at of a body: its id stands at the beginning, and behind it may be the whole order, images and all. It stays in the server's own buffers.</summary>
    private const int HeadBytes = 16 * 1024;

    public static void MapReplicateWebhook(this IEndpointRouteBuilder root) =>
        root.MapPost("/api/webhooks/replicate", Take).AllowAnonymousAccess().TakesHead().ExcludeFromDescription();

    private static async Task<IResult> Take(HttpContext http, ProviderSignals signals)
    {
        if (await ReadId(http) is { } id) signals.Ring(id);
        return VideoAnswer.Ok(new JsonObject { ["status"] = "ok" });
    }

    /// <summary>The id; null if there is none in the head of the body, or it cannot be read. Polls find what is overlooked here.</summary>
    private static async ValueTask<string?> ReadId(HttpContext http)
    {
        try
        {
            var head = await http.Request.BodyReader.ReadAtLeastAsync(HeadBytes, http.RequestAborted);
            try
            {
                return IdIn(head.Buffer, isWhole: head.IsCompleted);
            }
            finally
            {
                http.Request.BodyReader.AdvanceTo(head.Buffer.End);
            }
        }
        catch (Exception fault) when (fault is JsonException or IOException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? IdIn(in ReadOnlySequence<byte> json, bool isWhole)
    {
        var reader = new Utf8JsonReader(json, isWhole, state: default);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("id"u8);
            if (!reader.Read()) return null;
            if (isId) return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            if (!reader.TrySkip()) return null;
        }

        return null;
    }
}
