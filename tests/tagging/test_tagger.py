from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import deltarule as dr
from deltarule.errors import InputError, NonFiniteError
from deltarule.text import UNKNOWN
from deltarule.training.trainer import Trainer


def parameters(tagger):
    return {name: parameter.value.copy() for name, parameter in tagger.model.network.parameters.items()}


def equal(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def files(directory):
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


class Epochs:
    """Keeps a copy of the parameters, and the evaluation, after each epoch."""

    def __init__(self, tagger, step=None):
        self.copies, self.evaluations = [], []
        self.progress = dr.Progress(step=step, epoch=self.after_epoch)
        self.tagger = tagger

    def after_epoch(self, _, evaluation):
        self.copies.append(parameters(self.tagger))
        self.evaluations.append(evaluation)


class TestLearning:
    def test_a_small_corpus_is_learnt_by_heart(self, trained, toy):
        assert trained.evaluate(toy).overall.f1 == 1.0
        assert trained.predict(toy) == [label for n in range(toy.sentences) for label in toy.sentence_labels(n)]
        assert [epoch.number for epoch in trained.history.epochs] == list(range(1, 31))
        assert trained.history.epochs[-1].loss < 0.05 < trained.history.epochs[0].loss

    @pytest.mark.parametrize(
        "settings",
        [
            {"objective": "max-margin"},
            {"objective": "softmax", "members": 1},
            {"activation": "relu", "update_rule": "adagrad", "learning_rate": 0.1, "schedule": "constant"},
            {"features": ("word",), "window": 3, "clip": 1.0, "warm_up": 0.1},
        ],
        ids=["max-margin", "one member, softmax", "relu", "words alone"],
    )
    def test_so_it_is_with_other_settings(self, settings, toy, small):
        tagger = dr.Tagger(**{**small, "epochs": 30, **settings}).fit(toy)
        assert tagger.evaluate(toy).overall.f1 == 1.0

    def test_parts_of_speech_come_back_as_they_are(self, small, tmp_path):
        file = tmp_path / "pos.conll"
        file.write_text("Dogs NOUN\nbark VERB\n. PUNCT\n\nCats NOUN\nsleep VERB\n. PUNCT\n")
        tagger = dr.Tagger(**{**small, "epochs": 30, "batch": 4}).fit(file)
        tagged = tagger.tag("Cats bark.")
        assert (tagged.labels, tagged.entities) == (["NOUN", "VERB", "PUNCT"], ())
        assert tagger.evaluate(file).accuracy == 1.0
        assert list(tagger.evaluate(file).types) == ["NOUN", "PUNCT", "VERB"]

    def test_words_are_segmented_by_labels_without_types(self, small):
        text = dr.Corpus.from_sentences([list("我们爱北京"), list("北京爱我们")], [list("BESBE"), list("BESBE")])
        tagger = dr.Tagger(**{**small, "epochs": 40, "batch": 5}).fit(text)
        tagged = tagger.tag("北京爱我们")
        assert tagged.labels == list("BESBE")
        assert [entity.text for entity in tagged.entities] == ["北京", "爱", "我们"]

    def test_iob1_comes_back_as_iob1(self, small):
        labels = [["I-PER", "B-PER", "O"]]
        text = dr.Corpus.from_sentences([["Ada", "Mary", "met"]], labels)
        tagger = dr.Tagger(**{**small, "epochs": 30}).fit(text)
        assert tagger.tag(["Ada", "Mary", "met"]).labels == labels[0]

    def test_conllu_files_have_the_field_asked_for(self, small, tmp_path):
        file = tmp_path / "a.conllu"
        file.write_text("1\tDogs\tdog\tNOUN\tNNS\t_\t2\tnsubj\t_\t_\n2\tbark\tbark\tVERB\tVBP\t_\t0\troot\t_\t_\n\n")
        labels = {field: dr.Tagger(**small).fit(file, field=field).model.labelling.names for field in ("upos", "xpos")}
        assert labels == {"upos": ("NOUN", "VERB"), "xpos": ("NNS", "VBP")}


@pytest.mark.parametrize(
    "setting",
    [
        {"window": 3},
        {"members": 2},
        {"hidden": 21},
        {"activation": "sigmoid"},
        {"objective": "max-margin"},
        {"features": ("word",)},
        {"word_dimension": 9},
        {"affix_dimension": 4},
        {"shape_dimension": 4},
        {"minimum_count": 2},
        {"context": False},
        {"dropout": 0.1},
        {"epochs": 3},
        {"batch": 8},
        {"learning_rate": 0.02},
        {"update_rule": "adamw"},
        {"schedule": "constant"},
        {"warm_up": 0.5},
        {"l2": 0.1},
        {"clip": 1e-3},
        {"seed": 1},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_every_setting_takes_effect(setting, toy, small):
    assert not equal(*(parameters(dr.Tagger(**settings).fit(toy)) for settings in (small, small | setting)))


class TestSeed:
    def test_the_same_seed_gives_the_same_files_byte_for_byte(self, toy, small, tmp_path):
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            dr.Tagger(**{**small, "dropout": 0.5, "seed": seed}).fit(toy, dev=toy).save(tmp_path / name)
        a, b, c = (files(tmp_path / name) for name in "abc")
        assert a == b
        assert {name for name in a if a[name] != c[name]} == {"config.json", "weights.safetensors"}

    def test_the_number_of_blas_threads_changes_nothing(self, toy, small):
        trained = []
        for threads in (1, 2):
            with threadpool_limits(threads, user_api="blas"):
                trained.append(parameters(dr.Tagger(**{**small, "hidden": 100, "dropout": 0.5}).fit(toy)))
        assert equal(*trained)

    @pytest.mark.parametrize("objective", ["crf", "max-margin"])
    def test_members_are_the_same_for_any_number_of_threads(self, objective, toy, small, tmp_path):
        settings = {**small, "hidden": 70, "dropout": 0.5, "members": 3, "objective": objective}
        texts, lines = [], []
        for threads in (1, 2, 4):
            tagger = dr.Tagger(**settings).fit(toy, dev=toy, threads=threads)
            tagger.save(tmp_path / str(threads))
            loaded = dr.load(tmp_path / str(threads))
            for own in (tagger, loaded):
                assert own.probabilities(toy, threads=threads).tobytes() == tagger.probabilities(toy).tobytes()
                texts.append(own.tag(TestTagging.TEXT, threads=threads, probabilities=True))
                lines.append(own.predict(toy, threads=threads))
        assert files(tmp_path / "1") == files(tmp_path / "2") == files(tmp_path / "4")
        assert all(text == texts[0] for text in texts)
        assert all(line == lines[0] for line in lines)

    def test_training_again_starts_anew(self, toy, small):
        tagger = dr.Tagger(**small)
        first = parameters(tagger.fit(toy))
        assert equal(first, parameters(tagger.fit(toy)))


class TestVectors:
    WORDS = ("paris", "unseen", "ada", "1066")

    @pytest.fixture
    def vectors(self):
        return dr.WordVectors(self.WORDS, np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32))

    def rows(self, tagger, *words):
        model = tagger.model
        return model.network.parameters["word.vectors"].value[model.encoder.vocabularies["word"].ids(words)]

    def test_frozen_vectors_stay_bit_for_bit(self, toy, small, vectors):
        tagger = dr.Tagger(vectors, **{**small, "trainable_vectors": False}).fit(toy)
        assert self.rows(tagger, "paris", "unseen", "ada", "0000").tobytes() == vectors.matrix.tobytes()

    def test_trained_vectors_change_for_words_of_the_corpus_only(self, toy, small, vectors):
        tagger = dr.Tagger(vectors, **small).fit(toy)
        changed = (self.rows(tagger, "paris", "unseen", "ada", "0000") != vectors.matrix).all(axis=1)
        assert changed.tolist() == [True, False, True, True]

    def test_vectors_from_a_file_are_the_same_vectors(self, toy, small, vectors, tmp_path):
        lines = [" ".join([w, *map(repr, row)]) for w, row in zip(self.WORDS, vectors.matrix.tolist(), strict=True)]
        (tmp_path / "v.txt").write_text("\n".join(lines) + "\n")
        fractions = []
        from_file = dr.Tagger(tmp_path / "v.txt", **small).fit(toy, progress=dr.Progress(vectors=fractions.append))
        assert equal(parameters(from_file), parameters(dr.Tagger(vectors, **small).fit(toy)))
        assert fractions[-1] == 1.0
        assert from_file.config.vectors == str(tmp_path / "v.txt")

    def test_a_saved_model_no_longer_needs_the_file(self, toy, small, vectors, tmp_path):
        (tmp_path / "v.txt").write_text("paris 1 2\nada 3 4\n")
        dr.Tagger(tmp_path / "v.txt", **small).fit(toy).save(tmp_path / "model")
        (tmp_path / "v.txt").unlink()
        assert dr.load(tmp_path / "model").tag("Paris").labels

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("a 1 2\nb 1 2 3\n", r"v.txt:2: expected a word and 2 values, found 3"),
            ("a 1 2\nb 1 inf\n", r"v.txt:2: 'inf' is not a finite number"),
        ],
    )
    def test_vectors_of_another_dimension_or_without_end_are_refused(self, text, message, toy, small, tmp_path):
        (tmp_path / "v.txt").write_text(text)
        with pytest.raises(InputError, match=message):
            dr.Tagger(tmp_path / "v.txt", **small).fit(toy)

    def test_rare_words_train_the_vector_of_unknown_ones(self, toy, small):
        before = dr.Tagger(**{**small, "minimum_count": 2, "epochs": 1, "learning_rate": 1e-30}).fit(toy)
        after = dr.Tagger(**{**small, "minimum_count": 2, "epochs": 1}).fit(toy)
        one, other = (parameters(tagger)["word.vectors"][UNKNOWN] for tagger in (before, after))
        assert (one != other).all()
        assert "amazing" not in after.model.encoder.vocabularies["word"]


class TestDevelopment:
    def test_the_best_epoch_is_kept(self, toy, small):
        tagger = dr.Tagger(**{**small, "epochs": 8, "dropout": 0.5, "learning_rate": 0.1, "schedule": "constant"})
        seen = Epochs(tagger)
        tagger.fit(toy, dev=toy, progress=seen.progress)
        scores = [evaluation.overall.f1 for evaluation in seen.evaluations]
        assert [epoch.score for epoch in tagger.history.epochs] == scores
        best = tagger.history.best
        assert (best.score, best.number) == (max(scores), 1 + scores.index(max(scores)))
        assert equal(parameters(tagger), seen.copies[best.number - 1])
        assert tagger.evaluate(toy).overall.f1 == max(scores)

    def test_without_development_data_the_last_epoch_is_kept(self, toy, small):
        tagger = dr.Tagger(**small)
        seen = Epochs(tagger)
        tagger.fit(toy, progress=seen.progress)
        assert seen.evaluations == [None, None]
        assert equal(parameters(tagger), seen.copies[-1])

    def test_patience_ends_training_that_gains_nothing(self, toy, small):
        tagger = dr.Tagger(**{**small, "epochs": 20, "learning_rate": 1e-12, "patience": 3}).fit(toy, dev=toy)
        assert len(tagger.history.epochs) == 1 + 3

    def test_development_data_of_another_kind_is_refused_before_training(self, toy, small):
        dev = dr.Corpus.from_sentences([["a"]], [["NOUN"]], source="dev.conll")
        started = []
        with pytest.raises(InputError, match=r"^dev.conll: "):
            dr.Tagger(**small).fit(toy, dev=dev, progress=dr.Progress(step=lambda *_: started.append(1)))
        assert started == []


class TestInterruption:
    def test_numbers_that_are_no_longer_finite_leave_the_best_epoch(self, toy, small, monkeypatch):
        tagger = dr.Tagger(**{**small, "epochs": 5, "batch": 1000})
        seen = Epochs(tagger)
        losses = Trainer.losses

        def burst(trainer, batches):  # of an epoch, which is one batch
            if trainer.step_number == 2:
                trainer.parameters[0].value[...] = np.nan
            return losses(trainer, batches)

        monkeypatch.setattr(Trainer, "losses", burst)
        with pytest.raises(NonFiniteError, match=r"the loss became nan at step 3: it was already in 'word.vectors'"):
            tagger.fit(toy, progress=seen.progress)
        assert len(seen.copies) == 2
        assert equal(parameters(tagger), seen.copies[-1])

    def test_a_learning_rate_far_too_high_is_an_error_not_a_bad_model(self, toy, small):
        with pytest.raises(NonFiniteError, match=r"^the loss became (nan|inf) at step 2: .* lower the learning rate"):
            dr.Tagger(**{**small, "learning_rate": 1e30}).fit(toy)

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("output3.bias", r"^the scores of labels are infinite or NaN"),
            ("transitions2", r"^parameter 'transitions2' became infinite or NaN"),
        ],
    )
    def test_so_it_is_where_only_the_development_data_find_out(self, name, message, toy, small, monkeypatch):
        tagger = dr.Tagger(**{**small, "batch": 1000})
        seen = Epochs(tagger)
        losses = Trainer.losses

        def burst(trainer, batches):
            yield from losses(trainer, batches)
            if trainer.step_number == 2:
                next(own for own in trainer.parameters if own.name == name).value[...] = np.nan

        monkeypatch.setattr(Trainer, "losses", burst)
        with pytest.raises(NonFiniteError, match=message):
            tagger.fit(toy, dev=toy, progress=seen.progress)
        assert len(seen.copies) == 1
        assert equal(parameters(tagger), seen.copies[0])

    def test_ctrl_c_keeps_the_epochs_that_are_done(self, toy, small):
        def interrupt(epoch, fraction):
            if epoch == 2:
                raise KeyboardInterrupt

        tagger = dr.Tagger(**small)
        seen = Epochs(tagger, step=interrupt)
        with pytest.raises(KeyboardInterrupt):
            tagger.fit(toy, progress=seen.progress)
        assert equal(parameters(tagger), seen.copies[0])
        assert len(tagger.tag("Ada lives in Paris.").tokens) == 5

    def test_ctrl_c_in_the_first_epoch_leaves_the_tagger_as_it_was(self, toy, small):
        def interrupt(*_):
            raise KeyboardInterrupt

        tagger = dr.Tagger(**small)
        with pytest.raises(KeyboardInterrupt):
            tagger.fit(toy, progress=dr.Progress(step=interrupt))
        with pytest.raises(InputError, match="not trained yet"):
            tagger.tag("Ada")
        before = parameters(tagger.fit(toy))
        with pytest.raises(KeyboardInterrupt):
            tagger.fit(dr.Corpus.from_sentences([["x"]], [["O"]]), progress=dr.Progress(step=interrupt))
        assert equal(parameters(tagger), before)


class TestViolators:
    @pytest.mark.parametrize("objective", ["max-margin", "structured-max-margin"])
    def test_the_share_of_violators_is_that_of_all_members(self, objective, toy, small):
        """At a rate too small to change anything: the mean of what each member's objective has by itself."""
        settings = {**small, "epochs": 1, "batch": 1000, "learning_rate": 1e-30, "context_dropout": 0.0}
        tagger = dr.Tagger(**settings, objective=objective, margin=0.1).fit(toy)
        network = tagger.model.network
        shares = []
        sentences = tagger.model.sentences(toy, tagger.model.labelling.numbers(toy))
        for member in range(3):
            alone = dr.Trainer(losses_of(network)[member], dr.SGD(1e-30))
            alone.step(sentences.feeds(np.arange(toy.sentences)))
            shares.append(alone.violators)
        assert len(set(shares)) > 1
        assert tagger.history.epochs[0].violators == pytest.approx(np.mean(shares), rel=1e-12)


def losses_of(network):
    """The objectives whose sum is the loss."""
    (first, second), third = network.loss.inputs[0].inputs, network.loss.inputs[1]
    return first, second, third


class TestProgress:
    def test_steps_and_epochs_are_told(self, toy, small):
        steps, epochs = [], []
        dr.Tagger(**small).fit(
            toy, dev=toy, progress=dr.Progress(step=lambda *step: steps.append(step), epoch=lambda *e: epochs.append(e))
        )
        assert [epoch for epoch, _ in steps] == sorted(epoch for epoch, _ in steps)
        assert all(0 < fraction <= 1 for _, fraction in steps)
        assert [epoch.number for epoch, _ in epochs] == [1, 2]
        assert all(evaluation.tokens == len(toy) for _, evaluation in epochs)


class TestTagging:
    TEXT = "Ada Lovelace lives in\tParis — “New York” 🙂 naïve.\r\n\r\nMary Somerville!"

    def test_offsets_point_into_the_text(self, trained):
        tagged = trained.tag(self.TEXT)
        assert tagged.text == self.TEXT
        for piece in (*tagged.tokens, *tagged.entities):
            assert self.TEXT[piece.start : piece.end] == piece.text
        assert [entity.text for entity in tagged.entities if entity.type == "PER"] == [
            "Ada Lovelace",
            "Mary Somerville",
        ]
        assert len(tagged.sentences) == 2

    def test_tokens_are_one_sentence_with_offsets_among_spaces(self, trained):
        tagged = trained.tag(["Ada", "Lovelace", "lives", "in", "New York"])
        assert tagged.text == "Ada Lovelace lives in New York"
        assert [token.text for token in tagged.tokens] == ["Ada", "Lovelace", "lives", "in", "New York"]
        assert all(tagged.text[token.start : token.end] == token.text for token in tagged.tokens)
        assert tagged.labels[:3] == ["B-PER", "I-PER", "O"]

    @pytest.mark.parametrize("nothing", ["", " \n", []])
    def test_nothing_is_tagged_as_nothing(self, nothing, trained):
        tagged = trained.tag(nothing)
        assert (tagged.tokens, tagged.entities, tagged.sentences) == ((), (), ())

    def test_one_word(self, trained):
        assert trained.tag("Paris").labels == ["B-LOC"]

    @pytest.mark.parametrize("tokens", [["a", ""], [1, 2], b"bytes"])
    def test_tokens_are_strings_of_characters(self, tokens, trained):
        with pytest.raises(InputError, match="tokens to tag must be strings with at least one character each"):
            trained.tag(tokens)

    def test_a_corpus_without_text_is_given_a_line_for_each_sentence(self, trained):
        tagged = trained.tag_corpus(dr.Corpus.from_sentences([["Ada", "lives"], [], ["Paris"], []]))
        assert tagged.text == "Ada lives\nParis"
        assert [tagged.text[s.start : s.end] for s in tagged.sentences] == ["Ada lives", "Paris"]
        assert [tagged.text[t.start : t.end] for t in tagged.tokens] == ["Ada", "lives", "Paris"]


class TestSaving:
    def test_a_model_saved_and_loaded_tags_and_scores_the_same(self, trained, toy, tmp_path):
        trained.save(tmp_path / "model")
        loaded = dr.load(tmp_path / "model")
        text = TestTagging.TEXT
        assert loaded.tag(text) == trained.tag(text)
        assert equal(parameters(loaded), parameters(trained))
        assert replace(loaded.evaluate(toy), seconds=None) == replace(trained.evaluate(toy), seconds=None)
        assert loaded.config == trained.config


class TestErrors:
    def test_an_untrained_tagger_says_what_to_do(self, toy, tmp_path):
        tagger = dr.Tagger()
        message = r"^this tagger is not trained yet; call fit\(train\) first, or deltarule.load\(directory\)$"
        for use in (
            lambda: tagger.tag("Paris"),
            lambda: tagger.evaluate(toy),
            lambda: tagger.predict(toy),
            lambda: tagger.save(tmp_path / "model"),
        ):
            with pytest.raises(InputError, match=message):
                use()

    def test_settings_are_checked_at_once(self):
        with pytest.raises(InputError) as error:
            dr.Tagger(hidden=0)
        assert str(error.value) == "setting 'hidden': input should be greater than or equal to 1, not 0"
        with pytest.raises(InputError, match=r"^there is no setting 'hiden'; the settings are: window, members,"):
            dr.Tagger(hiden=5)

    def test_corpora_without_words_or_labels_are_refused(self, small):
        with pytest.raises(InputError, match=r"^<memory>: there are no tokens in this corpus$"):
            dr.Tagger(**small).fit(dr.Corpus.from_sentences([]))
        with pytest.raises(InputError, match=r"^<memory>: this corpus has no labels"):
            dr.Tagger(**small).fit(dr.Corpus.from_sentences([["a"]]))

    def test_files_that_are_missing_are_named(self, small, tmp_path):
        with pytest.raises(InputError, match=r"nothing.conll: there is no such file"):
            dr.Tagger(**small).fit(tmp_path / "nothing.conll")


def test_a_watch_sees_the_layers_and_leaves_the_model_as_it_would_be(toy, small):
    watch = dr.TrainingWatch()
    watched = dr.Tagger(**small).fit(toy, watch=watch)
    alone = dr.Tagger(**small).fit(toy)
    layers = watch.observations[-1].layers
    assert [layer.name for layer in layers] == ["hidden", "output", "hidden2", "output2", "hidden3", "output3"]
    assert [layer.neurons for layer in layers] == [20, 9] * 3
    assert [o.epoch and o.epoch.number for o in watch.observations] == [None, 1, 2]
    for name, parameter in watched.model.network.parameters.items():
        assert (parameter.value == alone.model.network.parameters[name].value).all()


def test_confusion_counts_tokens_by_type(toy, trained):
    confusion = trained.model.confusion(toy)
    assert confusion.labels == ("LOC", "O", "ORG", "PER")
    assert confusion.counts.sum() == len(toy)
    assert confusion.counts.trace() == round(trained.evaluate(toy).accuracy * len(toy))
