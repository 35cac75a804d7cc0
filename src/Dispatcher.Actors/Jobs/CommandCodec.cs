using System.Text.Json;

namespace Dispatcher.Jobs;

/// <summary>Between commands that people give and their stored form, in which they wait for the node that owns the job.</summary>
public static class CommandCodec
{
    /// <summary>The command as UTF-8 JSON.</summary>
    /// <exception cref="ArgumentException">It is one that only a job's own node gives.</exception>
    public static byte[] Encode(JobCommand command) => JsonSerializer.SerializeToUtf8Bytes(RecordOf(command), JobJson.Default.CommandRecord);

    /// <exception cref="JsonException">It is no command that this version knows.</exception>
    public static JobCommand Decode(ReadOnlySpan<byte> payload)
    {
        var record = JsonSerializer.Deserialize(payload, JobJson.Default.CommandRecord) ?? throw new JsonException("A command is null.");
        return CommandOf(record);
    }

    private static CommandRecord RecordOf(JobCommand command) => command switch
    {
        JobCommand.Submit c => new CommandRecord("submit", c.At, c.By) { Id = c.Id, Spec = c.Spec, Approves = c.Approves ? true : null },
        JobCommand.Approve c => new CommandRecord("approve", c.At, c.By, c.Reason),
        JobCommand.Reject c => new CommandRecord("reject", c.At, c.By, c.Reason),
        JobCommand.Pause c => new CommandRecord("pause", c.At, c.By, c.Reason),
        JobCommand.Resume c => new CommandRecord("resume", c.At, c.By, c.Reason),
        JobCommand.Cancel c => new CommandRecord("cancel", c.At, c.By, c.Reason),
        JobCommand.Recover c => new CommandRecord("recover", c.At, c.By, c.Reason) { Step = c.FromStep, PassOver = c.PassOver ? true : null },
        JobCommand.ChangePriority c => new CommandRecord("change-priority", c.At, c.By, c.Reason) { Priority = c.Priority },
        JobCommand.Amend c => new CommandRecord("amend", c.At, c.By, c.Reason) { Input = c.Input },
        JobCommand.ApproveStep c => new CommandRecord("approve-step", c.At, c.By, c.Reason) { Step = c.Step?.Id, Item = c.Step?.Item },
        JobCommand.RejectStep c => new CommandRecord("reject-step", c.At, c.By, c.Reason) { Step = c.Step?.Id, Item = c.Step?.Item },
        JobCommand.RetryStep c => new CommandRecord("retry-step", c.At, c.By, c.Reason) { Step = c.Step.Id, Item = c.Step.Item },
        _ => throw new ArgumentException($"A command {command.GetType().Name} is given by the job's own node only.", nameof(command)),
    };

    private static JobCommand CommandOf(CommandRecord r) => r.Type switch
    {
        "submit" when r is { Id: { } id, Spec: { } spec } => new JobCommand.Submit(id, spec, r.By, r.At) { Approves = r.Approves == true },
        "approve" => new JobCommand.Approve(r.By, r.Reason, r.At),
        "reject" => new JobCommand.Reject(r.By, r.Reason, r.At),
        "pause" => new JobCommand.Pause(r.By, r.Reason, r.At),
        "resume" => new JobCommand.Resume(r.By, r.Reason, r.At),
        "cancel" => new JobCommand.Cancel(r.By, r.Reason, r.At),
        "recover" when r.Step is { } step => new JobCommand.Recover(step, r.By, r.Reason, r.At) { PassOver = r.PassOver == true },
        "change-priority" when r.Priority is { } priority => new JobCommand.ChangePriority(priority, r.By, r.Reason, r.At),
        "amend" => new JobCommand.Amend(JsonSize.NullAsAbsent(r.Input), r.By, r.Reason, r.At),
        "approve-step" => new JobCommand.ApproveStep(StepOf(r), r.By, r.Reason, r.At),
        "reject-step" => new JobCommand.RejectStep(StepOf(r), r.By, r.Reason, r.At),
        "retry-step" when StepOf(r) is { } step => new JobCommand.RetryStep(step, r.By, r.Reason, r.At),
        _ => throw new JsonException($"'{r.Type}' is no command that this version knows."),
    };

    private static StepKey? StepOf(CommandRecord record) => record.Step is { } step ? new StepKey(step, record.Item) : null;
}

/// <summary>A command as it is stored.</summary>
/// <param name="Type">A stable word.</param>
internal sealed record CommandRecord(string Type, DateTimeOffset At, Principal By, string? Reason = null)
{
    public JobId? Id { get; init; }

    public JobSpec? Spec { get; init; }

    /// <summary>Of a submission.</summary>
    public bool? Approves { get; init; }

    public string? Step { get; init; }

    public int? Item { get; init; }

    public int? Priority { get; init; }

    public JsonElement? Input { get; init; }

    /// <summary>Of a recovery.</summary>
    public bool? PassOver { get; init; }
}
