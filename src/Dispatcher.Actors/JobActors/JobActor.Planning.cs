using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Workflows;

namespace Dispatcher.JobActors;

/// <summary>What a job does next: conditions, fan-outs, admission, the end.</summary>
internal sealed partial class JobActor
{
    private Dictionary<int, JsonElement[]>? _items;
    private (JobSpec Of, JsonElement? Value)? _input;
    private FanOut? _outputsOf;
    private JsonElement _outputs;

    private void Plan(JobTurn turn)
    {
        foreach (var key in turn.Wanted ?? []) Want(turn, key);
        int before;
        do
        {
            before = turn.Events.Count;
            if (!turn.State.Status.MayStartSteps()) return;
            PlanRetries(turn);
            for (var i = 0; i < turn.State.Steps.Length && turn.State.Status.MayStartSteps(); i++) PlanStep(turn, i);
            if (turn.State.Status.MayStartSteps() && turn.State.AllStepsEnded) PlanEnd(turn);
        }
        while (turn.Events.Count > before && turn.Events.Count < TurnLimit);
        turn.HasMore |= turn.Events.Count > before && turn.Events.Count >= TurnLimit;
    }

    private void PlanRetries(JobTurn turn)
    {
        foreach (var timer in turn.State.Timers)
        {
            if (timer.At > turn.At) return;
            if (turn.State.ItemOrStep(timer.Step, timer.Item).Status == StepStatus.Retrying)
                Want(turn, new StepKey(turn.State.Plan.Steps[timer.Step].Id, timer.Item < 0 ? null : timer.Item));
        }
    }

    private void PlanStep(JobTurn turn, int index)
    {
        var (step, plan) = (turn.State.Steps[index], turn.State.Plan.Steps[index]);
        if (step.Status == StepStatus.Pending && turn.State.NeedsMet(index))
        {
            var definition = _workflow!.Steps[index];
            try
            {
                if (definition.When is { } when && !when.EvaluateCondition(ScopeOf(turn.State))) turn.Decide(new JobCommand.SkipStep(plan.Id, "Its condition is false.", turn.At));
                else if (plan.IsFanOut) turn.Decide(new JobCommand.ExpandStep(plan.Id, ItemsOf(turn.State, index).Length, turn.At));
                else Want(turn, new StepKey(plan.Id));
            }
            catch (Exception exception) when (IsFaultOfWorkflow(exception))
            {
                turn.Decide(new JobCommand.FailStep(new StepKey(plan.Id), 0, FailureOf(new StepKey(plan.Id), exception), turn.At));
            }
        }
        else if (step is { Status: StepStatus.Running, FanOut: { IsDone: false } })
        {
            PlanItems(turn, index);
        }
        else if (step.FanOut is not null)
        {
            _items?.Remove(index);
        }
    }

    private void PlanItems(JobTurn turn, int index)
    {
        var plan = turn.State.Plan.Steps[index];
        while (turn.State.Steps[index].FanOut is { } fanOut && turn.State.Status.MayStartSteps() && fanOut.Next < fanOut.Total && !turn.State.IsAtItemLimit(index, fanOut))
        {
            if (turn.Events.Count >= TurnLimit)
            {
                turn.HasMore = true;
                return;
            }

            var before = turn.Events.Count;
            Want(turn, new StepKey(plan.Id, fanOut.Next));
            if (turn.Events.Count == before) return;
        }
    }

    /// <summary>Asks for admission; starts the step at once if it is granted at once, so that it rides in the same write.</summary>
    private void Want(JobTurn turn, StepKey key)
    {
        var index = turn.State.Plan.IndexOf(key.Id);
        var plan = turn.State.Plan.Steps[index];
        if (services.Handlers.Find(plan.Handler) is not { } handler)
        {
            Park($"Step {key} uses the handler '{plan.Handler}', which this node does not have. Add it, or bind the name in dispatcher.capabilities.");
            return;
        }

        if (!_tickets.TryGetValue(key, out var held))
        {
            if (!turn.State.Status.MayStartSteps() || turn.State.Find(key) is not { Status: StepStatus.Pending or StepStatus.Queued or StepStatus.Retrying }) return;
            held = new HeldTicket(new AdmissionTicket(plan.Stage, turn.State.Spec.Tenant, id, key, turn.State.Priority, this));
            try
            {
                held.IsGranted = services.Admission.TryAdmit(held.Ticket);
                if (!held.IsGranted) held.WaitsSince = services.Steps.Metrics?.Now ?? 0;
            }
            catch (TooManyStagesException exception)
            {
                turn.Decide(new JobCommand.FailStep(key, 0, Failure.Of(ErrorClass.Permanent, $"Step {key}: {exception.Message}", "TOO_MANY_STAGES"), turn.At));
                return;
            }

            _tickets.Add(key, held);
        }

        if (!held.IsGranted) turn.Decide(new JobCommand.QueueStep(key, turn.At));
        else if (!TryStart(turn, key, index, handler)) GiveBack(key, held.Ticket);
    }

    private bool TryStart(JobTurn turn, StepKey key, int index, IStepHandler handler)
    {
        if (turn.Inputs.ContainsKey(key)) return true;
        if (!TryPrepare(turn, key, index, handler, attempt: 0)) return false;
        if (turn.Decide(new JobCommand.StartStep(key, turn.At)) is Decision.Accepted) return true;
        turn.Inputs.Remove(key);
        return false;
    }

    /// <summary>Evaluates what the step receives; what has no value fails the attempt (0: one that could not even start).</summary>
    private bool TryPrepare(JobTurn turn, StepKey key, int index, IStepHandler handler, int attempt)
    {
        JsonElement? with = null;
        ImmutableArray<DeclaredArtifact> artifacts = [];
        try
        {
            var definition = _workflow!.Steps[index];
            if (definition.With is { } template) with = template.Evaluate(ScopeOf(turn.State, index, key.Item));
            if (!definition.Artifacts.IsEmpty) artifacts = DeclaredBy(definition, ScopeOf(turn.State, index, key.Item));
            if (handler.With?.Validate(with) is { Count: > 0 } faults)
                throw new StepFailedException(ErrorClass.InvalidInput, $"Step {key}: its `with` does not fit {handler.Name}: {string.Join("; ", faults.Select(fault => $"{fault.Path}: {fault.Message}"))}", "WITH_INVALID");
        }
        catch (Exception exception) when (IsFaultOfWorkflow(exception))
        {
            turn.Decide(new JobCommand.FailStep(key, attempt, FailureOf(key, exception), turn.At));
            return false;
        }

        turn.Inputs.Add(key, new StepInputs(with, artifacts));
        return true;
    }

    private static ImmutableArray<DeclaredArtifact> DeclaredBy(StepDefinition step, JobScope scope) =>
        [.. step.Artifacts.Select(artifact => new DeclaredArtifact(artifact.Name, artifact.Path.Evaluate(scope) is { ValueKind: JsonValueKind.String } path
            ? path.GetString()!
            : throw new StepFailedException(ErrorClass.InvalidInput, $"Step {step.Id}: the path of artifact {artifact.Name} is no text.", "EXPRESSION")))];

    private void PlanEnd(JobTurn turn)
    {
        try
        {
            var output = _workflow!.Output?.Evaluate(ScopeOf(turn.State));
            turn.Decide(new JobCommand.Complete(output, turn.At) { Charge = turn.State.Spec.Quota is { } held ? ChargeOf(turn.State, held) : null });
        }
        catch (Exception exception) when (IsFaultOfWorkflow(exception))
        {
            turn.Decide(new JobCommand.Fail(Failure.Of(ErrorClass.InvalidInput, $"The workflow's output: {exception.Message}", "EXPRESSION"), turn.At));
        }
    }

    /// <summary>Faults of the workflow or its data: they fail the step; anything else is a bug and goes to the supervisor.</summary>
    private static bool IsFaultOfWorkflow(Exception exception) => exception is ExpressionException or StepFailedException or ArtifactPathException;

    private static Failure FailureOf(StepKey key, Exception exception) =>
        exception is StepFailedException failed ? failed.Failure : Failure.Of(ErrorClass.InvalidInput, $"Step {key}: {exception.Message}", "EXPRESSION");

    private JobScope ScopeOf(JobState state, int index = 0, int? item = null) =>
        new(state, InputOf(state.Spec), services.EnvironmentValue, services.Steps.Artifacts.FolderOf(state.Spec.Tenant, id).PathOf)
        {
            Item = item is { } itemIndex ? ItemsOf(state, index)[itemIndex] : null,
            ItemIndex = item,
            Outputs = OutputsOf,
        };

    /// <summary>The input with its defaults. It changes only with the whole specification, when the job is amended.</summary>
    private JsonElement? InputOf(JobSpec spec)
    {
        if (_input is not { } known || !ReferenceEquals(known.Of, spec)) _input = known = (spec, _workflow!.ApplyInputDefaults(spec.Input));
        return known.Value;
    }

    /// <summary>The same list for all items of a later fan-out that refer to it: else each would make it anew.</summary>
    private JsonElement OutputsOf(FanOut fanOut)
    {
        if (!ReferenceEquals(fanOut, _outputsOf)) (_outputsOf, _outputs) = (fanOut, JobScope.OutputsOf(fanOut));
        return _outputs;
    }

    /// <summary>The items of a fan-out. Made from outputs that never change, so they are the same whenever they are made.</summary>
    private JsonElement[] ItemsOf(JobState state, int index)
    {
        if (_items?.TryGetValue(index, out var known) == true) return known;
        var items = _workflow!.Steps[index].ForEach!.EvaluateItems(ScopeOf(state)).EnumerateArray().ToArray();
        (_items ??= [])[index] = items;
        return items;
    }

    private void GiveBack(StepKey key, AdmissionTicket ticket)
    {
        _tickets.Remove(key);
        services.Admission.Release(ticket);
    }

    private void WithdrawTickets()
    {
        foreach (var (_, held) in _tickets)
        {
            if (!services.Admission.Withdraw(held.Ticket)) services.Admission.Release(held.Ticket);
        }

        _tickets.Clear();
    }
}
