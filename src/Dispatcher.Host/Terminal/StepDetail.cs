using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Steps.Admission;

namespace Dispatcher.Host.Terminal;

/// <summary>What a step's row says beside its bar.</summary>
internal static class StepDetail
{
    /// <summary>0..100 if the step has anything to show.</summary>
    public static double? Percent(RunPicture picture, StepState step, StepPlan plan) => step.Status switch
    {
        StepStatus.Completed => 100,
        _ when step.FanOut is { Total: > 0 } items => 100.0 * (items.Completed + items.Failed) / items.Total,
        StepStatus.Running when step.IsSleeping && step is { StartedAt: { } from, DueAt: { } until } && until > from => 100 * ((picture.Now - from) / (until - from)),
        StepStatus.Running when picture.Steps.TryGetValue(new StepKey(plan.Id), out var percent) => percent,
        StepStatus.Running or StepStatus.Retrying or StepStatus.Failed => 0,
        _ => null,
    };

    public static string Of(RunPicture picture, StepState step, StepPlan plan, double? throughput) => step.Status switch
    {
        _ when step.FanOut is { } items => FanOut(picture, step, plan, items, throughput),
        StepStatus.Completed => $"{Duration(step, picture.Now)}{Attempts(step)}",
        StepStatus.Running when step.IsSleeping => $"sleeps, {TimeText.Of((step.DueAt ?? picture.Now) - picture.Now)} left{Attempts(step)}",
        StepStatus.Running => $"{Duration(step, picture.Now)}{Attempts(step)}{Message(picture, new StepKey(plan.Id))}",
        StepStatus.Retrying => $"{Retry(step, picture.Now)}{WaitOf(picture, plan.Id, " · ")}",
        StepStatus.Queued => WaitOf(picture, plan.Id, "") is { Length: > 0 } why ? why : $"queued for stage {plan.Stage}",
        StepStatus.Failed => step.Failure is { } failure ? $"{EventText.Of(failure)}{Attempts(step)}" : "failed",
        StepStatus.Skipped => step.SkipReason is { } reason ? $"skipped: {reason}" : "skipped",
        StepStatus.Cancelled => "cancelled",
        _ when plan.Needs.Any(need => !picture.State.Steps[need].Status.IsTerminal()) =>
            $"needs {string.Join(", ", plan.Needs.Where(need => !picture.State.Steps[need].Status.IsTerminal()).Select(need => picture.State.Plan.Steps[need].Id))}",
        _ => "",
    };

    private static string FanOut(RunPicture picture, StepState step, StepPlan plan, FanOut items, double? throughput)
    {
        var running = items.Items.Count(item => item.IsExecuting);
        var retrying = items.Items.Count(item => item.Status == StepStatus.Retrying);
        var parts = new List<string> { $"{items.Completed + items.Failed}/{items.Total} items" };
        if (step.Status.IsTerminal()) parts.Add(Duration(step, picture.Now));
        if (running > 0) parts.Add($"{running} running");
        if (retrying > 0) parts.Add($"{retrying} retrying");
        if (items.Failed > 0) parts.Add($"{items.Failed} failed");
        if (!step.Status.IsTerminal() && throughput is > 0 and var rate) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{rate:0.#}/s"));
        if (WaitOf(picture, plan.Id, "") is { Length: > 0 } why) parts.Add(why);
        return string.Join(", ", parts);
    }

    private static string Retry(StepState step, DateTimeOffset now)
    {
        var next = step.DueAt is { } due ? $"attempt {step.Attempt + 1} in {TimeText.Of(due - now)}" : $"attempt {step.Attempt + 1} soon";
        return step.Failure is { } failure ? $"{next} after: {EventText.Of(failure)}" : next;
    }

    /// <summary>Why the step, or the first of its items in line, is not admitted yet; short, since a row has one line.</summary>
    private static string WaitOf(RunPicture picture, string step, string before)
    {
        if (picture.Waits.Where(wait => wait.Step.Id == step).MinBy(wait => wait.Wait.Position) is not { } first) return "";
        var reason = first.Wait.Reason switch
        {
            AdmissionReason.Cap => $"{first.Stage} runs {first.Wait.Running} of {first.Wait.Cap}",
            AdmissionReason.Stagger => $"start delay of {first.Stage}",
            AdmissionReason.Rate => $"rate of {first.Stage}",
            _ => $"tenant's share of {first.Stage}",
        };
        var inLine = first.Wait.Position > 1 ? $", number {first.Wait.Position} in line" : "";
        var start = first.Wait.EstimatedStart is { } at && at > picture.Now ? $", next in {TimeText.Of(at - picture.Now)}" : "";
        return $"{before}waits: {reason}{inLine}{start}";
    }

    private static string Message(RunPicture picture, StepKey key) =>
        picture.Messages.TryGetValue(key, out var message) && message.Length > 0 ? $" · {message}" : "";

    private static string Attempts(StepState step) => step.Attempt > 1 ? $" (attempt {step.Attempt})" : "";

    private static string Duration(StepState step, DateTimeOffset now) =>
        step.StartedAt is { } from ? TimeText.Of((step.EndedAt ?? now) - from) : "";
}
