using Dispatcher.Jobs;
using Dispatcher.Web.Schedules;

namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>A request is refused: becomes <c>{"error": "..."}</c> with the status.</summary>
internal sealed class OpsFault(int status, string message) : Exception(message)
{
    public int Status { get; } = status;

    public static OpsFault Bad(string message) => new(400, message);

    /// <summary>What the engine refuses: the contract has no status for what cannot be carried out but 400.</summary>
    public static OpsFault Of(Rejection rejection) => new(ScheduleRefusals.Of(rejection).Status is var status && status == 422 ? 400 : status, rejection.Message);

    /// <summary>Also what another tenant or another campaign has.</summary>
    public static OpsFault UnknownJob(string id) => new(404, $"job not found: {Short(id)}");

    /// <summary>What a caller wrote, within a message.</summary>
    public static string Short(string text) => Excerpt.Of(text);
}
