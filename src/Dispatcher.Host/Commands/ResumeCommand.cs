using System.CommandLine;
using Dispatcher.Host.Composition;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher resume</c>: goes on with what an earlier process left, and watches one job of it.</summary>
internal static class ResumeCommand
{
    public static Command Create(HostEdges edges)
    {
        var job = new Argument<string?>("JOB") { Description = "The job to watch, by id or prefix; the newest unfinished one if absent", Arity = ArgumentArity.ZeroOrOne };
        var (data, store, config, json, verbose, approve) =
            (SharedOptions.Data(), SharedOptions.Store(), SharedOptions.Config(), SharedOptions.Json(), SharedOptions.Verbose(), SharedOptions.Approve());
        var command = new Command("resume", "Go on with all unfinished jobs of a data directory or database and watch one") { job, data, store, config, json, approve, verbose };
        command.SetAction((parsed, _) => Run(
            edges,
            new SessionOptions(parsed.GetValue(data), parsed.GetValue(store), parsed.GetValue(config), parsed.GetValue(json), parsed.GetValue(verbose), parsed.GetValue(approve)),
            parsed.GetValue(job)));
        return command;
    }

    /// <summary>Recovers the store and watches a job of it.</summary>
    public static async Task<int> GoOn(JobSession session, JobRow job)
    {
        session.Follower.Listen(job.Id);
        var events = await session.Engine.Store.ReadEvents(job.Id, 0, int.MaxValue);
        var (state, _) = await JobLoader.Load(new JobHistory(job.Id, null, 0, events), session.Engine.Node.Workflows);
        session.Follower.Begin(state);
        await session.Start(own: job.WakeAt <= session.Now);
        return await session.Watch(job.Id, shownFrom: state.SequenceNr);
    }

    private static async Task<int> Run(HostEdges edges, SessionOptions options, string? job)
    {
        await using var session = new JobSession(edges, options);
        var place = session.Place;
        if (!await place.Exists()) throw new CommandException(ExitCode.NotFound, $"There is nothing to resume: no Dispatcher has run in {place.Name} yet.");
        await session.Open();
        var row = job is null
            ? await JobLookup.NewestUnfinished(session.Engine.Store, workflowName: null)
                ?? throw new CommandException(ExitCode.NotFound, $"There is nothing to resume: all jobs in {place.Name} have ended.")
            : await JobLookup.Find(session.Engine.Store, job, place);
        if (row.Status.IsTerminal()) throw new CommandException(ExitCode.NotFound, $"There is nothing to resume: the job {row.Id} is {row.Status.ToText()}.");
        return await GoOn(session, row);
    }
}
