using System.Collections.Immutable;
using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.Jobs;

public sealed class CallbackRulesTests
{
    [Theory]
    [InlineData("job.completed", "job.completed", true)]
    [InlineData("job.completed", "job.failed", false)]
    [InlineData("job.*", "job.created", true)]
    [InlineData("job.*", "step.started", false)]
    [InlineData("step.*", "step.started", true)]
    [InlineData("step.*", "job.started", false)]
    [InlineData("*", "step.started", true)]
    [InlineData("*", "job.started", true)]
    public void Wants_GoesByThePatterns_WhenThereAreSome(string pattern, string eventType, bool wanted) =>
        Assert.Equal(wanted, CallbackRules.Wants(Callback("https://example.org/hook", "job.paused", pattern), eventType));

    [Fact]
    public void Wants_IsTheJobsOwnEvents_WhenNoneAreNamed()
    {
        var callback = new CallbackSpec("https://example.org/hook");
        Assert.Equal(EventCodec.Names.Where(name => name.StartsWith("job.", StringComparison.Ordinal)), EventCodec.Names.Where(name => CallbackRules.Wants(callback, name)));
    }

    [Theory]
    [InlineData("https://example.org/hook?key=1")]
    [InlineData("http://[2001:db8::1]:8080/")]
    public void Fault_IsNone_WhenTheUrlIsHttp(string url) => Assert.Null(CallbackRules.Fault(Callback(url, "*", "job.completed", "step.*")));

    [Theory]
    [InlineData("/hook", "absolute")]
    [InlineData("ftp://example.org/", "absolute")]
    [InlineData("javascript:alert(1)", "absolute")]
    [InlineData("https:///hook", "absolute")]
    [InlineData("https://ada:secret@example.org/", "user name")]
    [InlineData("https://example.org/#part", "fragment")]
    public void Fault_SaysWhatIsWrong_WithTheUrl(string url, string part) =>
        Assert.Contains(part, CallbackRules.Fault(new CallbackSpec(url)), StringComparison.Ordinal);

    [Fact]
    public void Fault_SaysWhatIsWrong_WithTheBounds()
    {
        Assert.Contains("2048", CallbackRules.Fault(new CallbackSpec($"https://example.org/{new string('a', 2048)}")), StringComparison.Ordinal);
        Assert.Contains("32", CallbackRules.Fault(Callback("https://example.org/", [.. Enumerable.Repeat("*", 33)])), StringComparison.Ordinal);
        Assert.Contains("empty", CallbackRules.Fault(Callback("https://example.org/")), StringComparison.Ordinal);
        Assert.Contains("'job.finished'", CallbackRules.Fault(Callback("https://example.org/", "job.finished")), StringComparison.Ordinal);
    }

    [Fact]
    public void Submit_IsRefused_WhenTheCallbackIsWrong()
    {
        var spec = JobSpecification.Spec() with { Callback = new CallbackSpec("file:///etc/passwd") };
        var submit = new JobCommand.Submit(JobSpecification.Id, spec, JobSpecification.Ada, JobSpecification.T0);
        JobSpecification.Given(JobSpecification.Plan(JobSpecification.Step("a"))).When(submit).ThenRejected("invalid-callback");
    }

    private static CallbackSpec Callback(string url, params string[] events) => new(url, events.ToImmutableArray());
}
