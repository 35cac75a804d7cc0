using System.Text.Json;
using Dispatcher.Workflows.Patterns;

namespace Dispatcher.Actors.Tests.Workflows.Patterns;

public sealed class PatternUseTests
{
    private static readonly PatternDefinition Report = new()
    {
        Id = "report",
        Version = 2,
        Workflow = "report-${params.kind}",
        Params = JsonElement.Parse("""{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},"days":{"type":"integer","default":7},"urgent":{"type":"boolean"}},"additionalProperties":false}"""),
        Input = JsonElement.Parse("""{"range":{"days":"${params.days}"},"title":"The ${params.kind} report"}"""),
        Labels = JsonElement.Parse("""{"kind":"${params.kind}","days":"${params.days}"}"""),
        Priority = JsonElement.Parse("\"${params.days}\""),
    };

    [Fact]
    public void Parameters_ArePutIn_WithTheirTypesAndDefaults()
    {
        var (use, faults) = PatternUse.Of(Report, "acme", JsonElement.Parse("""{"kind":"weekly"}"""));

        Assert.Empty(faults);
        Assert.Equal(("report-weekly", 7), (use!.Workflow, use.Priority));
        Assert.Equal("""{"range":{"days":7},"title":"The weekly report"}""", use.Input.GetRawText());
        Assert.Equal(("weekly", "7"), (use.Labels["kind"], use.Labels["days"]));
    }

    [Fact]
    public void ThePattern_GivesItsParameters_WithoutAnInputOfItsOwn()
    {
        var (use, _) = PatternUse.Of(new PatternDefinition { Id = "p", Version = 1, Workflow = "w" }, "acme", JsonElement.Parse("""{"x":1}"""));

        Assert.Equal("""{"x":1}""", use!.Input.GetRawText());
    }

    [Fact]
    public void APattern_DoesNotGiveTheLabelsOfSchedules() => Assert.Contains(
        PatternRules.FaultsOf(Report with { Labels = JsonElement.Parse("""{"schedule":"nightly"}""") }), fault => fault.Path == "labels.schedule");

    [Theory]
    [InlineData("{}", "params")]
    [InlineData("""{"kind":"a","other":1}""", "params.other")]
    [InlineData("""{"kind":"a","days":"x"}""", "params.days")]
    [InlineData("[]", "params")]
    [InlineData("""{"kind":"a","days":101}""", "priority")]
    public void ParametersThatDoNotFit_AreRefused_WithTheirPlace(string parameters, string path)
    {
        var (use, faults) = PatternUse.Of(Report, "acme", JsonElement.Parse(parameters));

        Assert.Null(use);
        Assert.StartsWith(path, Assert.Single(faults).Path, StringComparison.Ordinal);
    }

    [Fact]
    public void FaultsOfAPattern_AreFound_WhenItIsRegistered()
    {
        Assert.Empty(PatternRules.FaultsOf(Report));
        var faults = PatternRules.FaultsOf(new PatternDefinition
        {
            Id = "no id",
            Version = 0,
            Params = JsonElement.Parse("""{"properties":{"a":{}},"additionalProperties":false}"""),
            Input = JsonElement.Parse("""{"x":"${params.b}","y":"${steps.s.output}","z":"${"}"""),
            Labels = JsonElement.Parse("""{"l":1}"""),
            Priority = JsonElement.Parse("[]"),
        });

        Assert.Equal(["id", "version", "workflow", "input.z", "priority", "labels"], faults.Select(fault => fault.Path));
        faults = PatternRules.FaultsOf(Report with { Input = JsonElement.Parse("""{"x":"${params.kynd}","y":"${steps.s.output}"}""") });
        Assert.Equal(["input.x", "input.y"], faults.Select(fault => fault.Path));
        Assert.Contains("did you mean 'kind'", faults[0].Message, StringComparison.Ordinal);
    }
}
