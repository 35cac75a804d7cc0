using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Store;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.JobActors;

/// <summary>
/// Jobs that steps of this job make. The child's id is recorded before the child is made, and the job does nothing else until the child is known to be stored: so
/// a crash makes it once, and nothing that ends the job can miss it.
/// </summary>
internal sealed partial class JobActor
{
    private Dictionary<StepEnded, ChildAsked>? _childRequests;

    /// <summary>Finds the workflows that steps ask for; null if none does.</summary>
    private async ValueTask<Dictionary<StepEnded, ChildAsked>?> ResolveChildJobs(IReadOnlyList<object> messages)
    {
        Dictionary<StepEnded, ChildAsked>? found = null;
        foreach (var message in messages)
        {
            if (message is not StepEnded { Outcome: StepOutcome.Succeeded { Result: StepResult.AwaitChild asked } } ended) continue;
            found ??= new Dictionary<StepEnded, ChildAsked>(ReferenceEqualityComparer.Instance);
            found[ended] = await Resolve(ended.Step, asked);
        }

        return found;
    }

    private async ValueTask<ChildAsked> Resolve(StepKey step, StepResult.AwaitChild asked)
    {
        if (asked.Labels?.Keys.FirstOrDefault(FiringLabels.IsOwn) is { } own)
            return Fault("CHILD_LABEL", $"Step {step} gives its job the label {own}, by which schedules find their runs; choose another name.");
        if (asked.Pattern is { } pattern) return await ResolvePattern(step, pattern, asked);
        var name = asked.Version is { } version ? $"{asked.Workflow} version {version}" : asked.Workflow;
        var reference = await services.Workflows.FindReference(_state!.Spec.Tenant, asked.Workflow, asked.Version);
        if (reference is null || await services.Workflows.Find(reference.Hash) is not { } workflow)
            return Fault("UNKNOWN_WORKFLOW", $"Step {step} asks for a job of workflow {name}, which is not registered.");
        if (workflow.ValidateInput(asked.Input) is { Count: > 0 } faults)
            return Fault("CHILD_INPUT", $"Step {step}: the input does not fit workflow {name}: {string.Join("; ", faults.Select(fault => $"{fault.Path}: {fault.Message}"))}");
        return new ChildAsked(new ChildRequest(workflow.Reference, asked.Input, asked.Priority ?? _state.Priority, asked.Labels, asked.FailsAs), null);

        static ChildAsked Fault(string code, string message) => new(null, Failure.Of(ErrorClass.InvalidInput, message, code));
    }

    private async ValueTask<ChildAsked> ResolvePattern(StepKey step, string pattern, StepResult.AwaitChild asked)
    {
        var job = services.Patterns is { } patterns
            ? await patterns.Use(_state!.Spec.Tenant, pattern, asked.Version, asked.Input)
            : new PatternJob(null, null, null, new Rejection("unknown-pattern", "This node has no patterns."));
        if (job.Refusal is { } refusal) return new ChildAsked(null, Failure.Of(ErrorClass.InvalidInput, $"Step {step}: {refusal.Message}", refusal.Code.ToUpperInvariant().Replace('-', '_')));
        if (await services.Workflows.Find(job.Workflow!.Hash) is not { } workflow || workflow.ValidateInput(job.Use!.Input) is { Count: > 0 })
            return new ChildAsked(null, Failure.Of(ErrorClass.InvalidInput, $"Step {step}: what pattern {pattern} makes does not fit its workflow {job.Workflow.Name}.", "CHILD_INPUT"));
        var labels = asked.Labels is { } own ? job.Labels.SetItems(own) : job.Labels;
        return new ChildAsked(new ChildRequest(workflow.Reference, job.Use.Input, asked.Priority ?? job.Use.Priority, labels, asked.FailsAs), null);
    }

    private void AwaitChildJob(JobTurn turn, StepEnded ended)
    {
        var asked = _childRequests![ended];
        turn.Decide(asked.Request is { } request
            ? new JobCommand.AwaitChild(ended.Step, ended.Attempt, services.Ids.NextJobId(), request, turn.At)
            : new JobCommand.FailStep(ended.Step, ended.Attempt, asked.Fault!, turn.At));
    }

    /// <summary>Makes the children that are recorded and not known to be stored; null when there are none, or the node shuts down.</summary>
    private async ValueTask<ChildJobsAnswered?> CreateChildJobs()
    {
        if (_state is not { Waits.Uncreated: > 0 } state || _fenced) return null;
        var creations = new List<Task<ChildJobAnswer?>>();
        foreach (var place in state.Awaited)
        {
            if (state.ItemOrStep(place.Step, place.Item).Waiting is { Uncreated: { } request, Child: { } child }) creations.Add(CreateChildJob(state, state.KeyOf(place), child, request));
        }

        var answers = (await Task.WhenAll(creations)).OfType<ChildJobAnswer>().ToList();
        return answers.Count > 0 ? new ChildJobsAnswered(answers) : null;
    }

    /// <summary>Asks until there is an answer; a child that is there already is as good as a new one.</summary>
    private async Task<ChildJobAnswer?> CreateChildJob(JobState parent, StepKey step, JobId child, ChildRequest request)
    {
        var delay = FirstStoreDelay;
        var (spec, fault) = await SpecOf(parent, step, child, request);
        if (spec is null) return new ChildJobAnswer(step, child, fault);
        while (!services.IsDraining && services.Shards.IsMine(id))
        {
            var submit = new JobCommand.Submit(child, spec, Principal.Engine with { Origin = $"job {id}" }, services.Now());
            var message = new CommandMessage(submit) { ChildOf = id };
            services.Delivery.Deliver(child, message);
            switch (await message.Reply)
            {
                case CommandReply.Done:
                    return new ChildJobAnswer(step, child, null);
                case CommandReply.Refused refused:
                    return new ChildJobAnswer(step, child, refused.Rejection);
            }

            await Task.Delay(delay, services.System.Time);
            delay = Longer(delay);
        }

        return null;
    }

    private static void TakeAnswer(JobTurn turn, ChildJobAnswer answer) => turn.Decide(answer.Refusal is { } refusal
        ? new JobCommand.EndChild(answer.Step, answer.Child, JobStatus.Failed, null, refusal.Message, turn.At) { Refusal = FailureOf(refusal) }
        : new JobCommand.ConfirmChild(answer.Step, answer.Child, turn.At));

    /// <summary>More children would find no more quota.</summary>
    private static Failure? FailureOf(Rejection refusal) =>
        refusal.Quota is null ? null : Failure.Of(ErrorClass.Permanent, $"The child job was refused: {refusal.Message}", "QUOTA_EXCEEDED");

    private static bool IsAwaited(JobState state, EndNote note, JobId child) =>
        state.Status != JobStatus.None && state.Find(new StepKey(note.Step, note.Item))?.Waiting?.Child == child;

    private static void TakeEnd(JobTurn turn, InboxMessage mail, EndNote note) => turn.Decide(
        new JobCommand.EndChild(new StepKey(note.Step, note.Item), mail.From, mail.Outcome, note.Output, note.Failure?.Message ?? note.Reason, turn.At));

    /// <summary>Children that nobody waits for any more, since their step or the whole job has ended another way, are asked to stop.</summary>
    private static IReadOnlyList<NewMessage> CancelsOf(JobTurn turn)
    {
        if (turn.Before.Awaited.IsEmpty || ReferenceEquals(turn.Before.Awaited, turn.State.Awaited)) return [];
        var cancels = new List<NewMessage>();
        foreach (var place in turn.Before.Awaited)
        {
            if (turn.Before.ItemOrStep(place.Step, place.Item).Waiting?.Child is not { } child) continue;
            if (turn.State.Find(turn.Before.KeyOf(place))?.Waiting?.Child != child) cancels.Add(new NewMessage(child, MessageKind.Cancel, default));
        }

        return cancels;
    }

    /// <summary>What a step asked for: a request, or what is wrong with it.</summary>
    private sealed record ChildAsked(ChildRequest? Request, Failure? Fault);
}
