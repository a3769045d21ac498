// Makes what docs/pretraining.md and docs/fine-tuning.md train on from public data sets; docs/data.md says where to get these.
//
//     dotnet run docs/make-data.cs -- corpus  wikitext-2/ aclImdb.tar.gz corpus/   WikiText-2 and the 50,000 unlabelled reviews
//     dotnet run docs/make-data.cs -- imdb1k  aclImdb.tar.gz imdb1k/               1,000 reviews to learn from, 500 to validate, 1,000 to test
//     dotnet run docs/make-data.cs -- dev     dev-v1.1.json dev.json               every sixth article
//     dotnet run docs/make-data.cs -- subset  train-v1.1.json subset.json          44 articles, 11,877 questions
//     dotnet run docs/make-data.cs -- phrases trees/ phrases/                      each distinct phrase of the trees once
//
// The same input gives the same bytes. What is written is listed with its SHA-256.
#:project ../src/Bert/BareBert.Bert.csproj
#:property PublishAot=false
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using BareBert;
using BareBert.Bert.Data;

string[] subset =
[
    "University_of_Notre_Dame", "Beyoncé", "Montana", "Genocide", "Antibiotics", "Frédéric_Chopin", "Sino-Tibetan_relations_during_the_Ming_dynasty", "IPod", "The_Legend_of_Zelda:_Twilight_Princess",
    "Spectre_(2015_film)", "2008_Sichuan_earthquake", "New_York_City", "To_Kill_a_Mockingbird", "Solar_energy", "Tajikistan", "Anthropology", "Portugal", "Kanye_West", "Buddhism", "American_Idol", "Dog",
    "2008_Summer_Olympics_torch_relay", "Alfred_North_Whitehead", "Financial_crisis_of_2007%E2%80%9308", "Saint_Barth%C3%A9lemy", "Genome", "Comprehensive_school", "Republic_of_the_Congo", "Prime_minister",
    "Institute_of_technology", "Wayback_Machine", "Dutch_Republic", "Symbiosis", "Canadian_Armed_Forces", "Cardinal_(Catholicism)", "Iranian_languages", "Lighting",
    "Separation_of_powers_under_the_United_States_Constitution", "Architecture", "Human_Development_Index", "Southern_Europe", "BBC_Television", "Arnold_Schwarzenegger", "Plymouth",
];

try
{
    switch (args)
    {
        case ["corpus", var wikitext, var imdb, var folder]: Corpus(wikitext, imdb, folder); return 0;
        case ["imdb1k", var imdb, var folder]: Reviews(imdb, folder); return 0;
        case ["dev", var squad, var file]: Articles(squad, file, (_, i) => i % 6 == 0); return 0;
        case ["subset", var squad, var file]: Articles(squad, file, (title, _) => subset.Contains(title)); return 0;
        case ["phrases", var trees, var folder]: Phrases(trees, folder); return 0;
    }
    Console.Error.WriteLine("usage: dotnet run make-data.cs -- corpus|imdb1k|dev|subset|phrases …; the file's first lines have examples");
}
catch (Exception e) when (e is InputException or IOException or JsonException)
{
    Console.Error.WriteLine($"make-data: {e.Message}");
}
return 2;

// Files of other names than train, valid and test are divided by whoever reads them, each document staying whole.
static void Corpus(string wikitext, string imdb, string folder)
{
    Write(folder, "wikitext-2.txt", string.Concat(new[] { "train", "valid", "test" }.Select(part => File.ReadAllText(Path.Combine(wikitext, part + ".txt")))));
    IReadOnlyList<string> reviews = ImdbDataset.Read(imdb, ImdbParts.Unlabelled).Unlabelled!;
    // A document is a review, a paragraph what stands between its line breaks.
    Write(folder, "reviews.txt", string.Concat(reviews.Select(review =>
        string.Join('\n', review.Split("<br />", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) + "\n\n")));
}

static void Reviews(string imdb, string folder)
{
    ImdbDataset all = ImdbDataset.Read(imdb);
    (ClassificationDataset others, ClassificationDataset learned) = Part(all.Train!, 1000);
    Table(folder, "train.csv", learned);
    Table(folder, "validation.csv", Part(others, 500).Drawn);
    Table(folder, "test.csv", Part(all.Test!, 1000).Drawn);
}

// Half of each class, as there are as many of each.
static (ClassificationDataset Others, ClassificationDataset Drawn) Part(ClassificationDataset data, int count) => data.Split((double)count / data.Examples.Count, seed: 1);

static void Table(string folder, string name, ClassificationDataset data) => Rows(folder, name, data.Examples.Select(e => (e.Text, data.LabelNames[e.Label])));

static void Articles(string squad, string file, Func<string, int, bool> isTaken)
{
    JsonNode json = JsonNode.Parse(File.ReadAllText(squad))!;
    JsonNode[] taken = [.. json["data"]!.AsArray().Where((article, i) => isTaken(article!["title"]!.GetValue<string>(), i)).Select(article => article!.DeepClone())];
    json["data"] = new JsonArray(taken);
    Write("", file, json.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    Console.WriteLine($"{taken.Length} articles, {taken.SelectMany(a => a["paragraphs"]!.AsArray()).Sum(p => p!["qas"]!.AsArray().Count):N0} questions");
}

// A phrase that an earlier file has is left out of the later ones.
static void Phrases(string trees, string folder)
{
    var seen = new HashSet<string>();
    foreach ((string file, string name) in new[] { ("train", "train.csv"), ("dev", "validation.csv"), ("test", "test.csv") })
    {
        ClassificationDataset data = SstTreeDataset.Read(Path.Combine(trees, file + ".txt"), phrases: true);
        Rows(folder, name, data.Examples.Where(e => seen.Add(e.Text)).Select(e => (e.Text, data.LabelNames[e.Label])));
    }
}

static void Rows(string folder, string name, IEnumerable<(string Text, string Label)> rows) =>
    Write(folder, name, "text,label\n" + string.Concat(rows.Select(row => $"\"{row.Text.Replace("\"", "\"\"")}\",{row.Label}\n")));

static void Write(string folder, string name, string text)
{
    string path = Path.Combine(folder, name);
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    File.WriteAllText(path + ".partial", text);
    File.Move(path + ".partial", path, overwrite: true);
    using FileStream written = File.OpenRead(path);
    Console.WriteLine($"{path}: {written.Length:N0} bytes, SHA-256 {Convert.ToHexStringLower(SHA256.HashData(written))}");
}
