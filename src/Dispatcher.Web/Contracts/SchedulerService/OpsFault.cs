namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>A request is refused: becomes <c>{"error": "..."}</c> with the status.</summary>
internal sealed class OpsFault(int status, string message) : Exception(message)
{
    public int Status { get; } = status;

    public static OpsFault Bad(string message) => new(400, message);

    /// <summary>Also what another tenant or another campaign has.</summary>
    public static OpsFault UnknownJob(string id) => new(404, $"job not found: {Short(id)}");

    public static string Short(string text) => text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 80), "…");
}
