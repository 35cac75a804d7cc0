using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Web.Jobs.Commanding;
using Dispatcher.Web.Jobs.Listing;
using Dispatcher.Web.Problems;

namespace Dispatcher.Web.Jobs.Bulk;

/// <summary>A bulk request that was checked: which jobs, and the command for each.</summary>
internal sealed record BulkOrder(JobFilter Filter, Func<Principal, DateTimeOffset, JobCommand> Command)
{
    private static readonly string[] Commands = ["approve", "reject", "pause", "resume", "cancel", "recover", "retry", "priority"];

    /// <summary>Reads a request; null, with all faults, if something of it is wrong.</summary>
    public static BulkOrder? Read(BulkRequest request, ICollection<RequestFault> faults)
    {
        var filter = request.Filter;
        if (filter.IsEmpty()) faults.Add(new RequestFault("filter", "is empty and would mean every job; give at least one field, such as created_before"));
        var filterFaults = new List<RequestFault>();
        var read = JobFilter.Read(filter.Status, filter.Workflow, [filter.Label], filter.Text, filter.CreatedFrom?.Value, filter.CreatedBefore?.Value, filterFaults);
        foreach (var fault in filterFaults) faults.Add(fault with { Path = $"filter.{fault.Path}" });
        if (request.Reason?.Length > JobLimits.ReasonCharacters)
            faults.Add(new RequestFault("reason", string.Create(CultureInfo.InvariantCulture, $"has {request.Reason.Length} characters; at most {JobLimits.ReasonCharacters} are allowed")));
        var command = CommandOf(request, faults);
        return faults.Count == 0 ? new BulkOrder(read, command!) : null;
    }

    private static Func<Principal, DateTimeOffset, JobCommand>? CommandOf(BulkRequest request, ICollection<RequestFault> faults)
    {
        var (arguments, reason) = (request.Args ?? new BulkArguments(), request.Reason);
        CheckArguments(request.Command, arguments, faults);
        switch (request.Command)
        {
            case "approve":
                return (by, at) => new JobCommand.ApproveStep(StepText.Parse(arguments.Step), by, reason, at);
            case "reject":
                return (by, at) => new JobCommand.RejectStep(StepText.Parse(arguments.Step), by, reason, at);
            case "pause":
                return (by, at) => new JobCommand.Pause(by, reason, at);
            case "resume":
                return (by, at) => new JobCommand.Resume(by, reason, at);
            case "cancel":
                return (by, at) => new JobCommand.Cancel(by, reason, at);
            case "recover":
                return (by, at) => new JobCommand.Recover(arguments.FromStep!, by, reason, at);
            case "retry":
                return (by, at) => new JobCommand.RetryStep(StepText.Parse(arguments.Step)!.Value, by, reason, at);
            case "priority":
                return (by, at) => new JobCommand.ChangePriority(arguments.Priority!.Value, by, reason, at);
            default:
                faults.Add(new RequestFault("command", $"is no command for many jobs; use one of {string.Join(", ", Commands)}"));
                return null;
        }
    }

    private static void CheckArguments(string command, BulkArguments arguments, ICollection<RequestFault> faults)
    {
        if (!Commands.Contains(command, StringComparer.Ordinal)) return;
        Check("from_step", arguments.FromStep is not null, needs: command == "recover", takes: command == "recover");
        Check("step", arguments.Step is not null, needs: command == "retry", takes: command is "retry" or "approve" or "reject");
        Check("priority", arguments.Priority is not null, needs: command == "priority", takes: command == "priority");
        if (arguments.Priority is < -JobLimits.PriorityMagnitude or > JobLimits.PriorityMagnitude)
            faults.Add(new RequestFault("args.priority", string.Create(CultureInfo.InvariantCulture, $"is {arguments.Priority}; it must be from -{JobLimits.PriorityMagnitude} to {JobLimits.PriorityMagnitude}")));

        void Check(string name, bool isGiven, bool needs, bool takes)
        {
            if (needs && !isGiven) faults.Add(new RequestFault($"args.{name}", $"is missing; {command} needs it"));
            if (!takes && isGiven) faults.Add(new RequestFault($"args.{name}", $"does not go with {command}"));
        }
    }
}
