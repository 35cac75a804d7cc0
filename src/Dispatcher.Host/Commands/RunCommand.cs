using System.CommandLine;
using Dispatcher.Host.Composition;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps.Workers;
using Dispatcher.Store;
using Dispatcher.Workflows;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher run</c>: one job from a workflow file, watched to its end.</summary>
internal static class RunCommand
{
    public static Command Create(HostEdges edges)
    {
        var file = new Argument<string>("WORKFLOW") { Description = "The workflow, as YAML or JSON" };
        var input = Pairs("--input", "A value of the job's input; a.b=c sets a nested one. May be given often");
        var inputFile = new Option<string?>("--input-file") { Description = "The job's input as a JSON object; --input values go over it", HelpName = "FILE" };
        var (data, store, config, json, verbose, approve) =
            (SharedOptions.Data(), SharedOptions.Store(), SharedOptions.Config(), SharedOptions.Json(), SharedOptions.Verbose(), SharedOptions.Approve());
        var resume = new Option<bool>("--resume") { Description = "Go on with the newest unfinished job of this workflow, if there is one" };
        var key = new Option<string?>("--key") { Description = "Two runs with one idempotency key are one job", HelpName = "KEY" };
        var priority = new Option<int>("--priority") { Description = "-100..100; a higher one is admitted first", HelpName = "N" };
        var labels = Pairs("--label", "A label of the job. May be given often");
        var command = new Command("run", "Run a workflow file to its end and show it") { file, input, inputFile, data, store, config, json, resume, key, priority, labels, approve, verbose };
        command.SetAction((parsed, _) => Run(edges, new RunRequest
        {
            Session = new SessionOptions(parsed.GetValue(data), parsed.GetValue(store), parsed.GetValue(config), parsed.GetValue(json), parsed.GetValue(verbose), parsed.GetValue(approve)),
            File = parsed.GetRequiredValue(file),
            Input = parsed.GetValue(input) ?? [],
            InputFile = parsed.GetValue(inputFile),
            Resume = parsed.GetValue(resume),
            Key = parsed.GetValue(key),
            Priority = parsed.GetValue(priority),
            Labels = parsed.GetValue(labels) ?? [],
        }));
        return command;
    }

    private static async Task<int> Run(HostEdges edges, RunRequest request)
    {
        await using var session = new JobSession(edges, request.Session);
        var workflow = WorkflowFile.Read(request.File, edges.CurrentDirectory, session.Handlers.Registry);
        RefuseWorkers(workflow);
        if (request.Resume && await session.Place.Exists())
        {
            await session.Open();
            if (await JobLookup.NewestUnfinished(session.Engine.Store, workflow.Name) is { } open) return await ResumeCommand.GoOn(session, open);
        }

        var spec = new JobSpec
        {
            Workflow = workflow.Reference,
            Input = InputReader.Read(workflow, request.InputFile, request.Input, edges.CurrentDirectory),
            Priority = request.Priority,
            Labels = InputReader.ReadLabels(request.Labels),
            IdempotencyKey = request.Key,
        };
        if (!session.IsOpen) await session.Open();
        await Register(session, workflow);
        await session.Start(own: false);
        var id = await Submit(session, spec);
        return await session.Watch(id, shownFrom: 0);
    }

    /// <summary>A step that nobody could ever take would wait for ever.</summary>
    private static void RefuseWorkers(WorkflowDefinition workflow)
    {
        if (workflow.Steps.FirstOrDefault(step => step.Uses == WorkerHandler.HandlerName) is not { } outside) return;
        throw new CommandException(
            ExitCode.Usage,
            $"Step {outside.Id} is for an external worker, and workers reach servers only. Start `dispatcher serve`, register the workflow there, and make the job with `dispatcher job create`.");
    }

    private static async Task Register(JobSession session, WorkflowDefinition workflow)
    {
        if (await session.Engine.Node.Workflows.Register(workflow) != WorkflowRegistration.Different) return;
        throw new CommandException(
            ExitCode.Usage,
            $"{workflow.Name} version {workflow.Version} is registered in {session.Place.Name} with another definition, which jobs rely on. " +
            $"Write `version: {workflow.Version + 1}` into the file, or use another {session.Place.Noun}.");
    }

    private static async Task<JobId> Submit(JobSession session, JobSpec spec)
    {
        var gateway = session.Engine.Node.Gateway;
        var id = gateway.NextJobId();
        session.Follower.Listen(id);
        switch (await gateway.Submit(spec, Submitter.Me, id))
        {
            case CommandReply.Duplicate duplicate:
                session.Follower.Listen(duplicate.Existing);
                session.Note($"The key {spec.IdempotencyKey} belongs to job {duplicate.Existing}; nothing new was made.");
                return duplicate.Existing;
            case CommandReply.Refused refused:
                throw new CommandException(ExitCode.Usage, $"The job was refused: {refused.Rejection.Message}");
            case CommandReply.Accepted:
                session.Note($"The job {id} is accepted and waits for its node.");
                return id;
            case CommandReply.Unavailable unavailable:
                throw new CommandException(ExitCode.Failed, $"The job was not accepted: {unavailable.Cause}");
            default:
                return id;
        }
    }

    private static Option<string[]> Pairs(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.ZeroOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private sealed record RunRequest
    {
        public required SessionOptions Session { get; init; }

        public required string File { get; init; }

        public required IReadOnlyList<string> Input { get; init; }

        public required string? InputFile { get; init; }

        public required bool Resume { get; init; }

        public required string? Key { get; init; }

        public required int Priority { get; init; }

        public required IReadOnlyList<string> Labels { get; init; }
    }
}
