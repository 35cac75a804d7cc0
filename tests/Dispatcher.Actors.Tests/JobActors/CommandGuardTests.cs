using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.JobActors.MemoryNode;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>Commands for a tenant and a version.</summary>
public sealed class CommandGuardTests
{
    private readonly MemoryNode _node = new();

    [Fact]
    public void AnotherTenantsJob_IsAnsweredAsOneThatDoesNotExist()
    {
        var job = Paused();
        var missing = _node.Gateway.NextJobId();
        Assert.Equal(Answer(missing, Cancel(missing, "b")), Answer(job.JobId, Cancel(job.JobId, "b")));
        Assert.Null(_node.Do(() => _node.Gateway.Inspect(job.JobId, "b")));
        Assert.NotNull(_node.Do(() => _node.Gateway.Inspect(job.JobId, "a")));
        Assert.IsType<CommandReply.Done>(Cancel(job.JobId, "a"));
    }

    [Fact]
    public void AnotherVersion_IsRefused_AndNamesTheOneThatIs()
    {
        var job = Paused();
        var refused = Assert.IsType<CommandReply.Refused>(Cancel(job.JobId, "a", job.SequenceNr + 1));
        Assert.Equal("version-conflict", refused.Rejection.Code);
        Assert.Contains($"version {job.SequenceNr} and paused", refused.Rejection.Message, StringComparison.Ordinal);
        Assert.Equal((JobStatus.Paused, job.SequenceNr), (refused.Status, refused.SequenceNr));
        Assert.Equal("resume cancel priority", string.Join(' ', refused.Allowed));
        var done = Assert.IsType<CommandReply.Done>(Cancel(job.JobId, "a", job.SequenceNr));
        Assert.Equal((JobStatus.Cancelled, job.SequenceNr + 1, true), (done.Status, done.SequenceNr, done.Changed));
    }

    [Fact]
    public void ARefusalOfTheLaw_SaysWhatIsAllowed()
    {
        var refused = _node.Refused(Paused().JobId, new JobCommand.Reject(Ada, null, _node.Now));
        Assert.Equal(("invalid-status", JobStatus.Paused), (refused.Rejection.Code, refused.Status));
        Assert.Contains("resume", refused.Allowed);
    }

    [Fact]
    public void ASubmission_WithAnotherTenantsId_LearnsNothingOfThatJob()
    {
        var job = Paused();
        var refused = Assert.IsType<CommandReply.Refused>(_node.Submit(job.State.Spec with { Tenant = "b" }, job.JobId));
        Assert.Equal("already-exists", refused.Rejection.Code);
        Assert.Null(refused.State);
    }

    [Fact]
    public void AJobThatCannotBeRead_IsParkedForItsTenant_AndMissingForOthers()
    {
        var id = _node.Gateway.NextJobId();
        var row = new JobRow { Id = id, Tenant = "a", WorkflowName = "w", WorkflowVersion = 1, Status = JobStatus.Queued, Priority = 0, CreatedAt = _node.Now, UpdatedAt = _node.Now };
        _node.Do(async () => await _node.Store.Append(new AppendRequest(id, 0, [new EncodedEvent("job.of-the-future", _node.Now, "{}"u8.ToArray())]) { Row = row }));
        Assert.Equal("parked", Assert.IsType<CommandReply.Refused>(Cancel(id, "a")).Rejection.Code);
        Assert.Equal("not-found", Assert.IsType<CommandReply.Refused>(Cancel(id, "b")).Rejection.Code);
        Assert.NotNull(_node.Do(() => _node.Gateway.Inspect(id, "a"))?.Parked);
        Assert.Null(_node.Do(() => _node.Gateway.Inspect(id, "b")));
    }

    [Fact]
    public void SubmitAll_AnswersEach_InTheirOrder()
    {
        var spec = _node.Register("steps: [ { id: a, uses: noop } ]");
        var replies = _node.Do(() => _node.Gateway.SubmitAll([spec with { IdempotencyKey = "k" }, spec with { Priority = 999 }, spec], Ada));
        Assert.Equal([typeof(CommandReply.Done), typeof(CommandReply.Refused), typeof(CommandReply.Done)], replies.Select(reply => reply.GetType()));
        var again = Assert.IsType<CommandReply.Duplicate>(_node.Submit(spec with { IdempotencyKey = "k" }));
        Assert.Equal((((CommandReply.Done)replies[0]).JobId, true), (again.Existing, again.SameRequest));
    }

    [Fact]
    public void ASecondRequestWithTheKey_IsToldWhetherItAsksForTheSame()
    {
        var spec = _node.Register("steps: [ { id: a, uses: noop } ]") with { IdempotencyKey = "k" };
        var first = _node.Accept(spec);
        Assert.Equal(new CommandReply.Duplicate(first, SameRequest: true), _node.Submit(spec with { CorrelationId = "another" }));
        Assert.Equal(new CommandReply.Duplicate(first, SameRequest: false), _node.Submit(spec with { Priority = 1 }));
        var found = _node.Do(async () => await _node.Store.ListJobs(new JobQuery { Tenant = "default", Terms = ["k"] }));
        Assert.Equal(first, Assert.Single(found.Rows).Id);
    }

    private static string Answer(JobId id, CommandReply reply) => reply.ToString().Replace(id.ToString(), "the job", StringComparison.Ordinal);

    private CommandReply Cancel(JobId id, string tenant, long? version = null) =>
        _node.Send(id, new JobCommand.Cancel(Ada, null, _node.Now), new CommandGuard(tenant, version));

    private CommandReply.Done Paused()
    {
        var spec = _node.Register("approval: required\nsteps: [ { id: a, uses: noop } ]");
        var id = _node.Accept(spec with { Tenant = "a", StartAt = _node.Now.AddDays(1) });
        _node.Give(id, new JobCommand.Approve(Ada, null, _node.Now));
        return _node.Give(id, new JobCommand.Pause(Ada, null, _node.Now));
    }
}
