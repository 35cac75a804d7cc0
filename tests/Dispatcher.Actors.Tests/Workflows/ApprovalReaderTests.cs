using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Workflows;

public sealed class ApprovalReaderTests
{
    [Theory]
    [InlineData("", false, null, OnTimeout.Reject)]
    [InlineData("approval: required", true, null, OnTimeout.Reject)]
    [InlineData("approval: {}", true, null, OnTimeout.Reject)]
    [InlineData("approval: { required: true }", true, null, OnTimeout.Reject)]
    [InlineData("approval: { required: false }", false, null, OnTimeout.Reject)]
    [InlineData("approval: { deadline: 72h }", true, 72, OnTimeout.Reject)]
    [InlineData("approval: { required: true, deadline: 3d, on_timeout: reject }", true, 72, OnTimeout.Reject)]
    [InlineData("approval: { deadline: 72h, on_timeout: approve }", true, 72, OnTimeout.Approve)]
    public void Approval_IsRead_InBothForms(string yaml, bool isRequired, int? deadlineHours, OnTimeout onTimeout)
    {
        var plan = Parse(yaml).Plan;
        Assert.Equal((isRequired, deadlineHours, onTimeout), (plan.ApprovalRequired, (int?)plan.ApprovalDeadline?.TotalHours, plan.ApprovalOnTimeout));
    }

    [Theory]
    [InlineData("", "approval: { required: false }")]
    [InlineData("approval: required", "approval: {}")]
    [InlineData("approval: required", "approval: { required: true }")]
    [InlineData("approval: { deadline: 72h }", "approval: { required: true, deadline: PT72H, on_timeout: reject }")]
    public void Approval_HasOneSpelling(string one, string other) => Assert.Equal(Parse(one).Hash, Parse(other).Hash);

    [Fact]
    public void Approval_KeepsItsHash_WhenItsFormIsRead() =>
        Assert.Equal(Parse("approval: { deadline: 72h, on_timeout: approve }").Hash, WorkflowDefinition.Parse(Parse("approval: { deadline: 72h, on_timeout: approve }").CanonicalJson).Hash);

    [Fact]
    public void TheBuilder_SaysTheSame()
    {
        Assert.Equal(Parse("approval: required").Hash, WorkflowDefinition.Create("test", 1).Approval().Step("a", "noop").Build().Hash);
        var built = WorkflowDefinition.Create("test", 1).Approval(TimeSpan.FromHours(72), OnTimeout.Approve).Step("a", "noop").Build();
        Assert.Equal(Parse("approval: { deadline: 72h, on_timeout: approve }").Hash, built.Hash);
        Assert.Equal(TimeSpan.FromHours(72), built.WithDefaultStages(_ => null).Plan.ApprovalDeadline);
    }

    private static WorkflowDefinition Parse(string approval) => WorkflowDefinition.Parse($"name: test\nversion: 1\n{approval}\nsteps: [ {{ id: a, uses: noop }} ]");
}
