using Dispatcher.Web.Contracts.JobOrchestrator;

namespace Dispatcher.Web.Tests.Contracts.JobOrchestrator;

/// <summary>The definition and its validate(), with the contract's texts and bounds.</summary>
public sealed class WorkflowSpecTests
{
    [Fact]
    public void Defaults_AreThoseOfTheDocument()
    {
        var step = new WorkflowStep("Download Images", "download", "noop");
        Assert.Equal((3, 0, null, null), (step.MaxRetries, step.Dependencies.Count, step.Timeout, step.EstimatedDuration));
        Assert.Equal(3, new WorkflowSpec("w", [step]).MaxRecoveryAttempts);
    }

    [Fact]
    public void Validate_TakesTheSampleOfTheDocument() => Samples.Dataset("noop").Validate();

    [Fact]
    public void Validate_Refuses_AWorkflowWithoutSteps() => Refused("Workflow must have at least one step", new WorkflowSpec("w", []));

    [Theory]
    [InlineData(1, 5, "Step 1 has invalid dependency: 5")]
    [InlineData(1, -1, "Step 1 has invalid dependency: -1")]
    [InlineData(0, 0, "Step 0 has forward dependency: 0")]
    [InlineData(0, 1, "Step 0 has forward dependency: 1")]
    public void Validate_Refuses_ADependencyOutOfRangeForwardOrOnItself(int step, int dependency, string text)
    {
        var steps = Enumerable.Range(0, 2).Select(index => new WorkflowStep($"s{index}", "download", "noop") { Dependencies = index == step ? [dependency] : [] });
        Refused(text, new WorkflowSpec("w", [.. steps]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(11)]
    public void Validate_Refuses_MaxRetriesOutOf0To10(int retries) => Refused($"Step 0: max_retries must be 0 to 10, not {retries}", One(step => step with { MaxRetries = retries }));

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    public void Validate_Refuses_MaxRecoveryAttemptsOutOf1To10(int attempts) =>
        Refused($"max_recovery_attempts must be 1 to 10, not {attempts}", One(step => step) with { MaxRecoveryAttempts = attempts });

    [Fact]
    public void Validate_Refuses_MoreThan100Steps() =>
        Refused("Workflow must have at most 100 steps, not 101", new WorkflowSpec("w", [.. Enumerable.Range(0, 101).Select(index => new WorkflowStep($"s{index}", "download", "noop"))]));

    [Fact]
    public void Validate_Refuses_AStepThatIsNull() => Refused("Step 0 must be an object", new WorkflowSpec("w", [null!]));

    [Fact]
    public void Validate_Refuses_NamesAndTypesThatAreEmptyOrTooLong()
    {
        Refused("Step 0: task_name must have 1 to 100 characters", new WorkflowSpec("w", [new WorkflowStep("", "download", "noop")]));
        Refused("Step 0: task_name must have 1 to 100 characters", new WorkflowSpec("w", [new WorkflowStep(new string('n', 101), "download", "noop")]));
        Refused("Step 0: task_type must have 1 to 50 characters", new WorkflowSpec("w", [new WorkflowStep("n", new string('t', 51), "noop")]));
        new WorkflowSpec("w", [new WorkflowStep(new string('n', 100), new string('t', 50), "noop")]).Validate();
    }

    [Fact]
    public void Validate_TakesAHundredSteps_EachDependingOnTheOneBefore() =>
        new WorkflowSpec("w", [.. Enumerable.Range(0, 100).Select(index => new WorkflowStep($"s{index}", "download", "noop") { Dependencies = index == 0 ? [] : [index - 1] })]).Validate();

    private static WorkflowSpec One(Func<WorkflowStep, WorkflowStep> change) => new("w", [change(new WorkflowStep("n", "download", "noop"))]);

    private static void Refused(string text, WorkflowSpec spec) => Assert.Equal(text, Assert.Throws<WorkflowValidationException>(spec.Validate).Message);
}
