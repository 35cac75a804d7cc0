using System.Net;
using System.Text;
using System.Text.Json;
using Dispatcher.Host.Commands;

namespace Dispatcher.Host.Remote;

/// <summary>A refusal of the gateway, as a command says it: the sentence of its problem details, the faults below, and an exit code.</summary>
internal static class ApiFault
{
    public static CommandException Of(HttpStatusCode status, string body) => new(ExitCodeOf(status), Sentence(status, body));

    private static int ExitCodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCode.Refused,
        HttpStatusCode.NotFound => ExitCode.NotFound,
        HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType => ExitCode.Usage,
        _ => ExitCode.Failed,
    };

    private static string Sentence(HttpStatusCode status, string body)
    {
        if (!TryParse(body, out var problem) || !problem.TryGetProperty("detail", out var detail)) return $"The server answered {(int)status} {status}.";
        var text = new StringBuilder(detail.GetString());
        if (problem.TryGetProperty("faults", out var faults) && faults.ValueKind == JsonValueKind.Array)
        {
            foreach (var fault in faults.EnumerateArray()) text.Append("\n  ").Append(FaultLine(fault));
        }

        if (problem.TryGetProperty("allowed", out var allowed) && allowed.ValueKind == JsonValueKind.Array && allowed.GetArrayLength() > 0)
            text.Append(" Allowed now: ").AppendJoin(", ", allowed.EnumerateArray().Select(word => word.GetString())).Append('.');
        return text.ToString();
    }

    private static string FaultLine(JsonElement fault)
    {
        var place = fault.TryGetProperty("line", out var line) ? $"{line}:{(fault.TryGetProperty("column", out var column) ? column.ToString() : "1")}: " : "";
        var path = fault.TryGetProperty("path", out var at) && at.GetString() is { Length: > 0 } name ? $"{name}: " : "";
        return $"{place}{path}{(fault.TryGetProperty("message", out var message) ? message.GetString() : fault.ToString())}";
    }

    private static bool TryParse(string body, out JsonElement problem)
    {
        problem = default;
        try
        {
            problem = JsonElement.Parse(body);
            return problem.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
