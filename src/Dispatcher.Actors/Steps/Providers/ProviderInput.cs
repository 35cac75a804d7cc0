using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Handlers;

namespace Dispatcher.Steps.Providers;

/// <summary>A step's <c>with</c>: the order, what it is expected to cost, and what may be taken instead.</summary>
/// <param name="Cost">What the order is expected to cost; what the provider says goes over it.</param>
internal sealed record ProviderInput(ProviderOrder Order, decimal Cost, ReusedFile? Reuse)
{
    public const string Schema =
        """
        {
          "type": "object",
          "additionalProperties": false,
          "required": ["input", "output"],
          "properties": {
            "model": { "type": ["string", "null"] },
            "input": { "type": "object", "description": "what the model receives" },
            "files": { "type": ["object", "null"], "description": "fields of the input that are files of the tenant, by their paths" },
            "output": { "type": "string", "minLength": 1, "description": "where the result goes in the job's folder" },
            "cost": { "type": ["number", "null"], "minimum": 0, "description": "what the order is expected to cost" },
            "reuse": { "type": ["object", "null"], "description": "{job, path, provider_id?, required?}: a file of another job of the tenant that is taken instead, if it is there; required: without it the step fails" }
          }
        }
        """;

    /// <exception cref="StepFailedException">A field is not as it must be.</exception>
    public static ProviderInput Read(JsonElement? with)
    {
        var input = new StepInput(with);
        if (input.Value("input") is not { ValueKind: JsonValueKind.Object } model) throw StepInput.Fault("input", "expected an object");
        var order = new ProviderOrder(input.OptionalString("model"), model, input.StringMap("files"), input.RequiredString("output"));
        var cost = (decimal)(input.OptionalNumber("cost", 0, 1_000_000) ?? 0);
        return new ProviderInput(order, cost, input.Value("reuse") is { } reuse ? ReusedFile.Read(reuse) : null);
    }
}

/// <summary>A file that an earlier job has paid for.</summary>
/// <param name="Path">In that job's folder.</param>
/// <param name="ProviderId">The order that it came from, if that is known.</param>
/// <param name="IsRequired">True: without the file the step fails, and nothing is ordered.</param>
internal sealed record ReusedFile(JobId Job, string Path, string? ProviderId, bool IsRequired)
{
    public static ReusedFile Read(JsonElement reuse)
    {
        var fields = new StepInput(reuse);
        return JobId.TryParse(fields.RequiredString("job"), out var job)
            ? new ReusedFile(job, fields.RequiredString("path"), fields.OptionalString("provider_id"), fields.Value("required") is { ValueKind: JsonValueKind.True })
            : throw StepInput.Fault("reuse.job", "is no job id");
    }
}
