using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Workflows;

public class ExpressionTests
{
    private static readonly FixedScope Scope = new();

    [Theory]
    [InlineData("input.video", "\"talk.mp4\"")]
    [InlineData("  input.count  ", "3")]
    [InlineData("input.list", "[1,2,{\"x\":\"y\"}]")]
    [InlineData("input.list[2].x", "\"y\"")]
    [InlineData("input.nest.c-d", "\"e\"")]
    [InlineData("input.nest['f g']", "5")]
    [InlineData("input[\"count\"]", "3")]
    [InlineData("item.start", "1.5")]
    [InlineData("item_index", "7")]
    [InlineData("job.id", "\"0190163d-8694-739b-aea5-966c26f8ad91\"")]
    [InlineData("job.tenant", "\"acme\"")]
    [InlineData("env.region", "\"eu\"")]
    [InlineData("steps.scenes-1.output.keep[0].start", "0")]
    [InlineData("steps.scenes-1.failed", "2")]
    [InlineData("steps.scenes-1.status", "\"completed\"")]
    [InlineData("steps.other.status == 'skipped'", "true")]
    [InlineData("'it\\'s'", "\"it's\"")]
    [InlineData("\"a}b\"", "\"a}b\"")]
    [InlineData("-1.5e2", "-1.5e2")]
    [InlineData("1 == 1.0", "true")]
    [InlineData("1 == '1'", "false")]
    [InlineData("input.nest == input.nest", "true")]
    [InlineData("input.none == null", "true")]
    [InlineData("input.count != 3", "false")]
    [InlineData("input.count >= 3 && input.count <= 3", "true")]
    [InlineData("1 < 2 == true", "true")]
    [InlineData("'a' < 'b'", "true")]
    [InlineData("10 > 9", "true")]
    [InlineData("true || input.missing", "true")]
    [InlineData("false && input.missing", "false")]
    [InlineData("true || true && false", "true")]
    [InlineData("(true || true) && false", "false")]
    [InlineData("!input.ok || !!input.ok", "true")]
    [InlineData("default(input.missing, 'x')", "\"x\"")]
    [InlineData("default(input.none, 'x')", "\"x\"")]
    [InlineData("default(input.nest.a.b.c, input.count)", "3")]
    [InlineData("default(len(input.missing), 0)", "0")]
    [InlineData("default(steps.other.output.path, null) == null", "true")]
    [InlineData("default(input.count, input.missing)", "3")]
    [InlineData("len(input.list)", "3")]
    [InlineData("len(input.nest)", "3")]
    [InlineData("len('äö😀')", "3")]
    [InlineData("artifacts.path('audio/talk.wav')", "\"/data/job/audio/talk.wav\"")]
    [InlineData("steps.broken.failure.code == 'TIMEOUT' && steps.broken.failure.class == 'timeout'", "true")]
    [InlineData("steps.other.failure == null", "true")]
    [InlineData("if(input.ok, input.count, input.nope)", "3")]
    [InlineData("if(input.count > 3, input.nope, 'few')", "\"few\"")]
    [InlineData("default(if(input.ok, input.nope, 1), 2)", "2")]
    [InlineData("set(input.nest.a, 'c', 2)", """{"b":1,"c":2}""")]
    [InlineData("set(input.nest.a, 'b', input.ok)", """{"b":true}""")]
    [InlineData("set(null, 'error', steps.broken.failure)", """{"error":{"class":"timeout","code":"TIMEOUT","message":"too late"}}""")]
    public void Evaluate_GivesTheValue_WhenTheExpressionIsWhole(string expression, string expected)
    {
        var value = Parse("${" + expression + "}").Evaluate(Scope);
        Assert.Equal(expected, value!.Value.ValueKind == System.Text.Json.JsonValueKind.String ? Quoted(value.Value.GetString()!) : value.Value.GetRawText());
    }

    [Theory]
    [InlineData("a ${input.count} b ${input.ok}", "a 3 b true")]
    [InlineData("${input.video}${item_index}", "talk.mp47")]
    [InlineData("$${input.x}", "${input.x}")]
    [InlineData("$${a} ${item_index} $$${b}", "${a} 7 $${b}")]
    [InlineData("no expression, $5 {x}", "no expression, $5 {x}")]
    [InlineData("'${item_index}'", "'7'")]
    public void Evaluate_MakesAText_WhenTheExpressionStandsInOne(string text, string expected) =>
        Assert.Equal(expected, Parse(text).Evaluate(Scope)!.Value.GetString());

    [Theory]
    [InlineData("${input.nope.deeper}", 9, "input.nope does not exist: input has the keys count, list, nest, none, ok, video")]
    [InlineData("${input.nest.a.x}", 16, "input.nest.a.x does not exist: input.nest.a has the keys b")]
    [InlineData("${input.list[9]}", 14, "input.list[9] does not exist: input.list is a list of 3 items")]
    [InlineData("${input.count.x}", 15, "input.count.x does not exist: input.count is a number")]
    [InlineData("${steps.other.output.path}", 22, "steps.other.output.path does not exist: steps.other.output is null")]
    [InlineData("x ${input.list}", 5, "input.list is a list and cannot stand inside a text; make it the whole value")]
    [InlineData("x ${input.none}", 5, "input.none is null and cannot stand inside a text; use default(...)")]
    [InlineData("${input.count && true}", 15, "&& takes true or false, and input.count is a number")]
    [InlineData("${!input.video}", 3, "! takes true or false, and input.video is a text")]
    [InlineData("${input.video < 5}", 15, "< compares two numbers or two texts, not a text with a number")]
    [InlineData("${if(input.count, 1, 2)}", 3, "if takes true or false, and input.count is a number")]
    [InlineData("${len(input.count)}", 3, "len takes a list, an object or a text, and input.count is a number")]
    [InlineData("${artifacts.path(input.count)}", 3, "artifacts.path takes a text, and input.count is a number")]
    [InlineData("${set(input.count, 'a', 1)}", 3, "set takes an object, and input.count is a number")]
    [InlineData("${set(null, input.count, 1)}", 3, "set takes the property's name as a text, and input.count is a number")]
    [InlineData("${default(input.count < 'x', 1)}", 23, "< compares two numbers or two texts, not a number with a text")]
    public void Evaluate_NamesTheFieldAndTheColumn_WhenThereIsNoValue(string text, int column, string reason)
    {
        var template = Template.Parse(Examples.Json($"{{\"args\":[1,{Quoted(text)}]}}"), "with");
        var exception = Assert.Throws<ExpressionException>(() => template.Evaluate(Scope));
        Assert.Equal(("with.args[1]", column, reason), (exception.Field, exception.Column, exception.Reason));
        Assert.Equal($"with.args[1], column {column}: {reason}", exception.Message);
    }

    [Theory]
    [InlineData("${}", 3, "empty")]
    [InlineData("${ }", 3, "empty")]
    [InlineData("${input", 1, "not closed")]
    [InlineData("a ${'x}", 3, "not closed")]
    [InlineData("${input.}", 9, "expected a name after '.', not the end")]
    [InlineData("${input[x]}", 9, "expected an index")]
    [InlineData("${input[-1]}", 9, "expected an index")]
    [InlineData("${input[1.5]}", 9, "expected an index")]
    [InlineData("${input[1}", 10, "expected ']'")]
    [InlineData("${input.a = 1}", 11, "write == to compare")]
    [InlineData("${true & false}", 8, "write &&")]
    [InlineData("${true | false}", 8, "write ||")]
    [InlineData("${1 + 2}", 5, "no arithmetic")]
    [InlineData("${1 2}", 5, "expected an operator or the end, not '2'")]
    [InlineData("${(1}", 5, "expected ')'")]
    [InlineData("${1 ==}", 7, "expected a value, not the end")]
    [InlineData("${01}", 3, "'01' is not a number")]
    [InlineData("${1e999}", 3, "is not a number")]
    [InlineData("${-}", 3, "is not a number")]
    [InlineData("${'\\q'}", 5, "unknown escape")]
    [InlineData("${size(1)}", 3, "there is no function 'size'")]
    [InlineData("${lenn(1)}", 3, "did you mean 'len'?")]
    [InlineData("${imput.x}", 3, "did you mean 'input'?")]
    [InlineData("${video}", 3, "unknown name 'video'")]
    [InlineData("${len()}", 3, "len takes 1 argument, not 0")]
    [InlineData("${len(1, 2)}", 3, "len takes 1 argument, not 2")]
    [InlineData("${if(true, 1)}", 3, "if takes 3 arguments, not 2")]
    [InlineData("${default(1)}", 3, "default takes 2 arguments, not 1")]
    [InlineData("${artifacts}", 3, "artifacts.path")]
    [InlineData("${artifacts.pth('x')}", 13, "artifacts.path")]
    [InlineData("${steps}", 8, "steps.ID.output")]
    [InlineData("${steps.a}", 3, "steps.a.output or steps.a.failed or steps.a.status")]
    [InlineData("${steps.a.outputs}", 11, "did you mean 'output'?")]
    [InlineData("${steps.a.failed.x}", 17, "has no parts")]
    [InlineData("${job}", 3, "job.id or job.tenant")]
    [InlineData("${job.name}", 7, "job has no 'name'")]
    [InlineData("${job.id.x}", 9, "has no parts")]
    [InlineData("${item_index[0]}", 13, "has no parts")]
    [InlineData("${${input.x}}", 3, "do not nest")]
    public void Parse_NamesTheColumn_WhenTheExpressionIsWrong(string text, int column, string reason)
    {
        var exception = Assert.Throws<ExpressionException>(() => Parse(text));
        Assert.Equal(column, exception.Column);
        Assert.Contains(reason, exception.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_RefusesTheExpression_WhenItIsTooLongOrTooDeep()
    {
        Assert.Contains("16384 characters", Assert.Throws<ExpressionException>(() => Parse("${'" + new string('x', 16 * 1024) + "'}")).Reason, StringComparison.Ordinal);
        Assert.Contains("64 deep", Assert.Throws<ExpressionException>(() => Parse("${" + new string('(', 65) + "1" + new string(')', 65) + "}")).Reason, StringComparison.Ordinal);
        Assert.Contains("64 deep", Assert.Throws<ExpressionException>(() => Parse("${" + new string('!', 65) + "true}")).Reason, StringComparison.Ordinal);
        Assert.Equal("1", Parse("${" + new string('(', 64) + "1" + new string(')', 64) + "}").Evaluate(Scope)!.Value.GetRawText());
    }

    [Theory]
    [InlineData("'../x'", "leads out of the folder")]
    [InlineData("'/x'", "is absolute")]
    [InlineData("''", "is empty")]
    [InlineData("'a//b'", "empty part")]
    public void Evaluate_RefusesThePath_WhenItLeavesTheArtifactFolder(string path, string reason) =>
        Assert.Contains(reason, Assert.Throws<ExpressionException>(() => Parse("${artifacts.path(" + path + ")}").Evaluate(Scope)).Reason, StringComparison.Ordinal);

    [Fact]
    public void Evaluate_KeepsTypesAndSortsKeys_WhenTheTemplateIsATree()
    {
        var template = Template.Parse(Examples.Json("""{"b":"${input.count}","a":[true,null,"x${item_index}"],"c":{"k":"$${y}"}}"""));
        Assert.Equal("""{"a":[true,null,"x7"],"b":3,"c":{"k":"${y}"}}""", template.Evaluate(Scope)!.Value.GetRawText());
    }

    [Fact]
    public void Evaluate_GivesNull_WhenTheValueIsNull()
    {
        Assert.Null(Template.Parse(Examples.Json("null")).Evaluate(Scope));
        Assert.Null(Parse("${input.none}").Evaluate(Scope));
        Assert.Null(Parse("${input}").Evaluate(new FixedScope { Input = null }));
    }

    [Fact]
    public void Evaluate_AllocatesNothing_WhenTheTemplateIsConstant()
    {
        var template = Template.Parse(Examples.Json("""{"a":[1,2],"b":"text"}"""));
        Assert.True(template.IsConstant);
        _ = template.Evaluate(Scope);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var value = template.Evaluate(Scope);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal("""{"a":[1,2],"b":"text"}""", value!.Value.GetRawText());
    }

    [Fact]
    public void Evaluate_RefusesTheValue_WhenItGrowsTooLarge()
    {
        var scope = new FixedScope { Input = Examples.Json($"{{\"x\":\"{new string('x', 200_000)}\"}}") };
        var list = Template.Parse(Examples.Json("[" + string.Join(',', Enumerable.Repeat("\"${input}\"", 10)) + "]"), "with");
        Assert.Contains("1048576 bytes", Assert.Throws<ExpressionException>(() => list.Evaluate(scope)).Message, StringComparison.Ordinal);
        var text = Parse(string.Concat(Enumerable.Repeat("${input.x}", 10)));
        Assert.Contains("1048576 bytes", Assert.Throws<ExpressionException>(() => text.Evaluate(scope)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_RefusesTheValue_WhenItNestsTooDeep()
    {
        var scope = new FixedScope { Input = Examples.Json(new string('[', 63) + new string(']', 63)) };
        Assert.NotNull(Template.Parse(Examples.Json("[\"${input}\"]"), "with").Evaluate(scope));
        var deep = Template.Parse(Examples.Json("[[\"${input}\"]]"), "with");
        Assert.Contains("64 deep", Assert.Throws<ExpressionException>(() => deep.Evaluate(scope)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EvaluateCondition_WantsTrueOrFalse_WhenItIsSomethingElse()
    {
        Assert.True(Parse("${input.ok}").EvaluateCondition(Scope));
        Assert.False(Template.Parse(Examples.Json("false")).EvaluateCondition(Scope));
        Assert.Contains("it is a number", Assert.Throws<ExpressionException>(() => Parse("${input.count}").EvaluateCondition(Scope)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EvaluateItems_WantsAListWithinTheLimit_WhenItIsSomethingElse()
    {
        Assert.Equal(3, Parse("${input.list}").EvaluateItems(Scope).GetArrayLength());
        Assert.Contains("it is a text", Assert.Throws<ExpressionException>(() => Parse("${input.video}").EvaluateItems(Scope)).Message, StringComparison.Ordinal);
        var many = new FixedScope { Input = Examples.Json("[" + string.Join(',', Enumerable.Repeat("1", 10_001)) + "]") };
        Assert.Contains("at most 10000 items, not 10001", Assert.Throws<ExpressionException>(() => Parse("${input}").EvaluateItems(many)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_SaysSo_WhenATextIsNotUnicode()
    {
        var scope = new FixedScope { Input = Examples.Json("""{"x":"\ud800"}""") };
        Assert.Contains("not valid Unicode", Assert.Throws<ExpressionException>(() => Parse("a${input.x}").Evaluate(scope)).Message, StringComparison.Ordinal);
    }

    private static Template Parse(string text) => Template.Parse(System.Text.Json.JsonSerializer.SerializeToElement(text));

    private static string Quoted(string text) =>
        System.Text.Json.JsonSerializer.Serialize(text, new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
