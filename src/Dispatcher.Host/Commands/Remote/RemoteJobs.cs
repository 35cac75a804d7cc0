using System.Text.Json;
using Dispatcher.Host.Remote;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Commands.Remote;

/// <summary>What the commands on a server's jobs have in common.</summary>
internal static class RemoteJobs
{
    private const int ShortestPrefix = 4;
    private const int CandidatesLooked = 200;

    /// <summary>The id that somebody names whole, or by its first characters among the newest jobs.</summary>
    /// <exception cref="CommandException">None (4), or several (2).</exception>
    public static async Task<string> Resolve(ApiClient api, string text)
    {
        var wanted = text.Trim().ToLowerInvariant();
        if (JobId.TryParse(wanted, out _)) return wanted;
        if (wanted.Length < ShortestPrefix) throw new CommandException(ExitCode.Usage, $"'{text}' is no job id: give the id or at least its first {ShortestPrefix} characters.");
        var page = await api.Get($"jobs?limit={CandidatesLooked}");
        var found = page.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("id").GetString()!)
            .Where(id => id.StartsWith(wanted, StringComparison.Ordinal)).ToList();
        return found switch
        {
            [var only] => only,
            [] => throw new CommandException(ExitCode.NotFound, $"None of the newest {CandidatesLooked} jobs has an id that begins with {text}; give the whole id."),
            _ => throw new CommandException(ExitCode.Usage, $"More than one job's id begins with {text}:\n{string.Join('\n', found.Take(10).Select(id => $"  {id}"))}"),
        };
    }

    public static string? Text(this JsonElement value, string name) =>
        value.TryGetProperty(name, out var property) && property.ValueKind == JsonValueKind.String ? property.GetString() : null;

    public static DateTimeOffset? Time(this JsonElement value, string name) =>
        value.TryGetProperty(name, out var property) && property.ValueKind == JsonValueKind.String ? property.GetDateTimeOffset() : null;

    public static string Cell(this JsonElement value, string name) => value.TryGetProperty(name, out var property) ? property.ToString() : "-";
}
