using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Web.Json;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>An answer in the contract's own form.</summary>
internal sealed class VideoAnswer(int status, JsonObject body) : IResult
{
    public int Status => status;

    public JsonObject Body => body;

    public static VideoAnswer Ok(JsonObject body) => new(StatusCodes.Status200OK, body);

    /// <summary><c>{error, ...}</c></summary>
    public static VideoAnswer Error(int status, string error, params (string Name, JsonNode? Value)[] more)
    {
        var body = new JsonObject { ["error"] = error };
        foreach (var (name, value) in more) body[name] = value;
        return new VideoAnswer(status, body);
    }

    public static VideoAnswer NoJob(string id) => Error(StatusCodes.Status404NotFound, "Job not found", ("job_id", Clip(id)));

    /// <summary>Faults by their fields.</summary>
    public static VideoAnswer Invalid(IEnumerable<(string Field, string Message)> faults)
    {
        var errors = new JsonObject();
        foreach (var (field, message) in faults)
        {
            if (errors[field] is JsonArray known) known.Add((JsonNode)message);
            else errors[field] = new JsonArray(message);
        }

        return Error(StatusCodes.Status422UnprocessableEntity, "Validation failed", ("errors", errors));
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = status;
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        return httpContext.Response.WriteAsync(body.ToJsonString(ApiJson.Options));
    }

    private static string Clip(string id) => id.Length <= 80 ? id : string.Concat(id.AsSpan(0, 80), "…");
}

/// <summary>A body as JSON, or why it is none.</summary>
internal static class VideoBody
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = ApiJson.DepthLimit, AllowDuplicateProperties = false };

    public static async ValueTask<(JsonObject? Body, VideoAnswer? Refusal)> Read(HttpContext http)
    {
        try
        {
            var node = await JsonNode.ParseAsync(http.Request.Body, null, Strict, http.RequestAborted);
            // Texts are looked at when they are written, which is too late to refuse them.
            if (node is JsonObject body && JsonElement.Parse(body.ToJsonString()).ValueKind == JsonValueKind.Object) return (body, null);
            return (null, VideoAnswer.Error(StatusCodes.Status400BadRequest, "The body must be a JSON object"));
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return (null, VideoAnswer.Error(StatusCodes.Status400BadRequest, "The body is not valid JSON"));
        }
    }
}
