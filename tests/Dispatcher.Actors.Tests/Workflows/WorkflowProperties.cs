using System.Text;
using System.Text.Json;
using Dispatcher.Workflows;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dispatcher.Actors.Tests.Workflows;

/// <summary>Whatever comes in, a reader answers with a definition or with a list of faults. FsCheck prints the seed of a failure.</summary>
public class WorkflowProperties
{
    private static readonly string[] Documents =
    [
        Examples.TalkVideo,
        WorkflowDefinition.Parse(Examples.TalkVideo).CanonicalJson,
        Examples.OneStep("    with:\n      text: |\n        a ${input.x}\n      folded: >-\n        b ${job.id}\n      quoted: \"\\u00e9 ${len('x}')}\"\n"),
    ];

    private static readonly string[] Splices =
    [
        "${", "}", "$${", "'", "\"", "\\", "\n", "\t", ":", "- ", "[", "]", "{", ",", "&a ", "*a", "!!str ", "? ", "---\n", "...\n", "|", ">", "#", "%YAML 1.2\n", "\0", "\uFEFF", "\ud83d", "\ude00",
        "null", "-1", "1e999", ".inf", "0x", "<<: ", "\\u", "\\ud800", "\\x", "\u2028", "\u0085", "steps.a.output", "default(", "!", "&&", "9999999999999999999999",
    ];

    [Property(MaxTest = 2000)]
    public void Parse_ListsFaults_WhenTheTextIsRandom(byte[] bytes) => ParsesOrRefuses(Encoding.UTF8.GetString(bytes));

    [Property(MaxTest = 500)]
    public void Parse_ListsFaults_WhenTheTextIsAnyString(string? text) => ParsesOrRefuses(text ?? "");

    [Property(MaxTest = 3000)]
    public Property Parse_ListsFaults_WhenADocumentIsMutated() => Prop.ForAll(MutatedDocuments().ToArbitrary(), ParsesOrRefuses);

    [Property(MaxTest = 2000)]
    public Property Template_ParsesOrNamesTheColumn_WhenTheTextIsRandom() =>
        Prop.ForAll(Gen.Elements(Splices).ListOf().Select(parts => "${" + string.Concat(parts) + "}").ToArbitrary(), text =>
        {
            var wellFormed = JsonSerializer.SerializeToElement(text);
            try
            {
                Template.Parse(wellFormed).Evaluate(new FixedScope());
            }
            catch (ExpressionException exception)
            {
                Assert.InRange(exception.Column, 1, text.Length + 1);
            }
        });

    [Property(MaxTest = 1000)]
    public Property Expression_ReadsBackTheSame_WhenItIsPrinted() => Prop.ForAll(Expressions(5).ToArbitrary(), expression =>
    {
        var printed = expression.ToString()!;
        var parsed = ExpressionParser.Parse(printed, 0);
        Assert.Equal(printed, parsed.ToString());
        Assert.Equal(Shape(expression), Shape(parsed));
    });

    [Property(MaxTest = 1000)]
    public void Duration_ReadsBackTheSame_WhenItIsPrinted(uint milliseconds)
    {
        var duration = TimeSpan.FromMilliseconds(milliseconds);
        Assert.True(Duration.TryParse(Duration.Format(duration), out var again));
        Assert.Equal(duration, again);
    }

    [Property(MaxTest = 300, EndSize = 20)]
    public Property Parse_GivesTheSameDefinition_WhenAnyJsonIsInWith() => Prop.ForAll(Values(2).ToArbitrary(), value =>
    {
        var built = WorkflowDefinition.Create("demo", 1).Step("a", "noop", with: new Dictionary<string, object?>(StringComparer.Ordinal) { ["v"] = value }).Build();
        var read = WorkflowDefinition.Parse(built.CanonicalJson);
        Assert.Equal(built.Hash, read.Hash);
        Assert.Equal(built.Steps[0].With!.Evaluate(new FixedScope())!.Value.GetRawText(), read.Steps[0].With!.Evaluate(new FixedScope())!.Value.GetRawText());
    });

    private static void ParsesOrRefuses(string text)
    {
        try
        {
            var definition = WorkflowDefinition.Parse(text);
            Assert.Equal(definition.Hash, WorkflowDefinition.Parse(definition.CanonicalJson).Hash);
        }
        catch (WorkflowDefinitionException exception)
        {
            Assert.NotEmpty(exception.Faults);
            Assert.All(exception.Faults.Take(WorkflowLimits.Faults), fault => Assert.True(fault is { Line: >= 1, Column: >= 1 }, fault.ToString()));
        }
    }

    /// <summary>A valid document with a few places cut, doubled, swapped or spliced.</summary>
    private static Gen<string> MutatedDocuments()
    {
        var mutation =
            from place in Gen.Choose(0, 10_000)
            from length in Gen.Choose(0, 30)
            from kind in Gen.Choose(0, 3)
            from splice in Gen.Elements(Splices)
            select (place, length, kind, splice);
        return from document in Gen.Elements(Documents)
               from count in Gen.Choose(1, 4)
               from mutations in mutation.ListOf(count)
               select mutations.Aggregate(document, (text, change) => Mutate(text, change.place, change.length, change.kind, change.splice));
    }

    private static string Mutate(string text, int place, int length, int kind, string splice)
    {
        var start = place % (text.Length + 1);
        var end = Math.Min(text.Length, start + length);
        return kind switch
        {
            0 => text.Remove(start, end - start),
            1 => text.Insert(end, text[start..end]),
            2 => text.Insert(start, splice),
            _ => string.Concat(text.AsSpan(0, start), splice, text.AsSpan(end)),
        };
    }

    private static Gen<Expression> Expressions(int depth)
    {
        var literals = Gen.Elements("true", "false", "null", "0", "-1.5", "2e9").Select(Expression (text) => new Expression.Literal(JsonElement.Parse(text), 0));
        var texts = Gen.Elements("", "a", "it's", "\"}\"", "\\", "\n\t\r", "${", "😀").Select(Expression (text) => new Expression.Literal(JsonSerializer.SerializeToElement(text), 0));
        var paths =
            from root in Gen.Elements(Enum.GetValues<PathRoot>())
            from id in Gen.Elements("a", "b-1", "c_d", "len", "true")
            from segments in Gen.Elements(new PathSegment("x", -1, 0), new PathSegment("k-v", -1, 0), new PathSegment("a b'", -1, 0), new PathSegment(null, 3, 0)).ListOf()
            let isStep = root is PathRoot.StepOutput or PathRoot.StepFailed or PathRoot.StepStatus or PathRoot.StepFailure
            let hasParts = root is PathRoot.Input or PathRoot.StepOutput or PathRoot.StepFailure or PathRoot.Item or PathRoot.Env
            select (Expression)new Expression.PathTo(root, isStep ? id : null, hasParts ? [.. segments] : [], 0);
        if (depth == 0) return Gen.OneOf(literals, texts, paths);
        var inner = Expressions(depth - 1);
        return Gen.OneOf(
            literals,
            paths,
            inner.Select(Expression (operand) => new Expression.Not(operand, 0)),
            inner.Select(Expression (argument) => new Expression.Call(Function.Length, [argument], 0)),
            inner.Select(Expression (argument) => new Expression.Call(Function.ArtifactPath, [argument], 0)),
            from left in inner from right in inner select (Expression)new Expression.Call(Function.Default, [left, right], 0),
            from target in inner from value in inner select (Expression)new Expression.Call(Function.Set, [target, new Expression.Literal(JsonElement.Parse("\"k\""), 0), value], 0),
            from @operator in Gen.Elements(Enum.GetValues<BinaryOperator>()) from left in inner from right in inner select (Expression)new Expression.Binary(@operator, left, right, 0));
    }

    /// <summary>The tree with all its parentheses and without places.</summary>
    private static string Shape(Expression expression) => expression switch
    {
        Expression.Not not => $"(! {Shape(not.Operand)})",
        Expression.Binary binary => $"({binary.Operator} {Shape(binary.Left)} {Shape(binary.Right)})",
        Expression.Call call => $"({call.Function} {string.Join(' ', call.Arguments.Select(Shape))})",
        _ => expression.ToString()!,
    };

    private static Gen<object?> Values(int depth)
    {
        var leaves = Gen.OneOf(
            Gen.Elements<object?>(null, true, false, "", "a", "$${x}", "é\n\"\\\u0001\u2028", "😀", 0, -0.0, 1.0, 1e21, 1e-7, 123456789012345678L, 0.1, 12345678901234567890123m, 5e-324),
            ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).Select(object? (number) => number));
        if (depth == 0) return leaves;
        var inner = Values(depth - 1);
        return Gen.OneOf(
            leaves,
            inner.ListOf().Select(object? (items) => items),
            from names in Gen.Elements("a", "b", "a b", "é", "", "10", "9").ListOf()
            from values in inner.ListOf(names.Count)
            select (object?)names.Zip(values).DistinctBy(pair => pair.First).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal));
    }
}
