using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>Answers in the contract's own form.</summary>
internal static class VideoAnswer
{
    public static ContractJson Ok(JsonObject body) => new(StatusCodes.Status200OK, body);

    /// <summary><c>{error, ...}</c></summary>
    public static ContractJson Error(int status, string error, params (string Name, JsonNode? Value)[] more)
    {
        var body = new JsonObject { ["error"] = error };
        foreach (var (name, value) in more) body[name] = value;
        return new ContractJson(status, body);
    }

    public static ContractJson NoJob(string id) => Error(StatusCodes.Status404NotFound, "Job not found", ("job_id", Excerpt.Of(id)));

    /// <summary>Faults by their fields.</summary>
    public static ContractJson Invalid(IEnumerable<(string Field, string Message)> faults)
    {
        var errors = new JsonObject();
        foreach (var (field, message) in faults)
        {
            if (errors[field] is JsonArray known) known.Add((JsonNode)message);
            else errors[field] = new JsonArray(message);
        }

        return Error(StatusCodes.Status422UnprocessableEntity, "Validation failed", ("errors", errors));
    }
}
