F_0 = rational(0, 1)
F_1_100000000 = rational(1, 100000000)
F_1_1000 = rational(1, 1000)
F_1_10 = rational(1, 10)
F_1_5 = rational(1, 5)
F_9_10 = rational(9, 10)
F_999_1000 = rational(999, 1000)
F_1 = rational(1, 1)
F_ninf = infimum()
o_m_b = 0  # 2
o_v_b = 8  # 2
o_t_b = 16  # number
o_m_W = 24  # 9x2
o_v_W = 48  # 9x2
o_t_W = 72  # number
o_m_b1 = 80  # 9
o_v_b1 = 96  # 9
o_t_b1 = 112  # number
o_m_W1 = 120  # 3x9
o_v_W1 = 152  # 3x9
o_t_W1 = 184  # number
o_b = 192  # 2
o_W = 200  # 9x2
o_b1 = 224  # 9
o_W1 = 240  # 3x9
o_matmul = 272  # 5x9
o_add = 320  # 5x9
o_tanh = 272  # 5x9
o_matmul1 = 320  # 5x2
o_add1 = 336  # 5x2
o_max = 320  # 5
o_detach = 328  # 5
o_sub = 352  # 5x2
o_d_sub = 320  # 5x2
o_d_sub1 = 336  # 5x2
o_exp = 368  # 5x2
o_sum = 384  # 5
o_log = 392  # 5
o_sub1 = 400  # 5x2
o_d_log = 352  # 5
o_d_sum = 336  # 5
o_d_sub2 = 344  # 5x2
o_d_sub3 = 360  # 5x2
o_mul = 376  # 5x2
o_d_b = 320  # 2
o_d_W = 328  # 9x2
o_turned_W = 392  # 2x9
o_d_tanh = 416  # 5x9
o_d_add = 464  # 5x9
o_d_b1 = 272  # 9
o_d_W1 = 288  # 3x9
o_sub11 = 352  # number
o_sub12 = 360  # number
o_sub2 = 368  # number
o_sub3 = 392  # number
o_sub5 = 400  # number
o_sub6 = 408  # number
o_sub8 = 416  # number
o_sub9 = 424  # number
o_sum1 = 272  # 5
o_mean = 280  # number


def epoch(S, I, losses, B_x, B_target):
    for s in range(losses.shape[0]):
        b_x = B_x[s]
        b_target = B_target[s]
        # row: matmul
        for i in range(5):
            for j in range(9):
                S[9*i + j + o_matmul] = F_0
            t0 = b_x[3*i]
            t1 = b_x[3*i + 1]
            t2 = b_x[3*i + 2]
            for j in range(9):
                S[9*i + j + o_matmul] += S[j + o_W1]*t0 + S[j + 9 + o_W1]*t1 + S[j + 18 + o_W1]*t2
        # assign: add
        for i in range(5):
            for j in range(9):
                v0 = S[j + o_b1] + S[9*i + j + o_matmul]
                S[9*i + j + o_add] = v0
        # assign: tanh
        for i in range(45):
            v0 = f_tanh(S[i + o_add])
            S[i + o_tanh] = v0
        # row: matmul1
        for i in range(5):
            for j in range(2):
                S[2*i + j + o_matmul1] = F_0
            t0 = S[9*i + o_tanh]
            t1 = S[9*i + 1 + o_tanh]
            t2 = S[9*i + 2 + o_tanh]
            t3 = S[9*i + 3 + o_tanh]
            t4 = S[9*i + 4 + o_tanh]
            t5 = S[9*i + 5 + o_tanh]
            t6 = S[9*i + 6 + o_tanh]
            t7 = S[9*i + 7 + o_tanh]
            for j in range(2):
                S[2*i + j + o_matmul1] += S[j + o_W]*t0 + S[j + 2 + o_W]*t1 + S[j + 4 + o_W]*t2 + S[j + 6 + o_W]*t3 + S[j + 8 + o_W]*t4 + S[j + 10 + o_W]*t5 + S[j + 12 + o_W]*t6 + S[j + 14 + o_W]*t7
        # row: matmul1
        for i in range(5):
            t0 = S[9*i + 8 + o_tanh]
            for j in range(2):
                S[2*i + j + o_matmul1] += S[j + 16 + o_W]*t0
        # assign: add1
        for i in range(5):
            for j in range(2):
                v0 = S[j + o_b] + S[2*i + j + o_matmul1]
                S[2*i + j + o_add1] = v0
        # max: max
        for i in range(5):
            a = F_ninf
            for j in range(2):
                v = S[2*i + j + o_add1]
                if f_greater(v, a):
                    a = v
            S[i + o_max] = a
        # assign: detach
        for i in range(5):
            v0 = S[i + o_max]
            S[i + o_detach] = v0
        # assign: sub
        for i in range(5):
            t0 = -S[i + o_detach]
            for j in range(2):
                v0 = t0 + S[2*i + j + o_add1]
                S[2*i + j + o_sub] = v0
        # assign: exp, d_sub1, d_sub
        for i in range(10):
            v0 = f_exp(S[i + o_sub])
            S[i + o_exp] = v0
            v1 = F_1_5*b_target[i]
            S[i + o_d_sub1] = v1
            v2 = -v1
            S[i + o_d_sub] = v2
        # row: sum
        for i in range(5):
            S[i + o_sum] = F_0
        for i in range(5):
            S[i + o_sum] += S[2*i + o_exp] + S[2*i + 1 + o_exp]
        # assign: log
        for i in range(5):
            v0 = f_log(S[i + o_sum])
            S[i + o_log] = v0
        # assign: sub1
        for i in range(5):
            t0 = S[i + o_log]
            for j in range(2):
                v0 = t0 - S[2*i + j + o_sub]
                S[2*i + j + o_sub1] = v0
        # row: d_log
        for i in range(5):
            S[i + o_d_log] = F_0
        for i in range(5):
            S[i + o_d_log] += S[2*i + o_d_sub1] + S[2*i + 1 + o_d_sub1]
        # assign: d_sum
        for i in range(5):
            v0 = S[i + o_d_log]/S[i + o_sum]
            S[i + o_d_sum] = v0
        # assign: d_sub2
        for i in range(5):
            t0 = S[i + o_d_sum]
            for j in range(2):
                v0 = t0*S[2*i + j + o_exp]
                S[2*i + j + o_d_sub2] = v0
        # assign: d_sub3, mul
        for i in range(10):
            v0 = S[i + o_d_sub] + S[i + o_d_sub2]
            S[i + o_d_sub3] = v0
            v1 = S[i + o_sub1]*b_target[i]
            S[i + o_mul] = v1
        # row: d_b
        for i in range(2):
            S[i + o_d_b] = F_0
        for i in range(2):
            S[i + o_d_b] += S[i + o_d_sub3] + S[i + 2 + o_d_sub3] + S[i + 4 + o_d_sub3] + S[i + 6 + o_d_sub3] + S[i + 8 + o_d_sub3]
        # row: d_W
        for i in range(9):
            for j in range(2):
                S[2*i + j + o_d_W] = F_0
            t0 = S[i + o_tanh]
            t1 = S[i + 9 + o_tanh]
            t2 = S[i + 18 + o_tanh]
            t3 = S[i + 27 + o_tanh]
            t4 = S[i + 36 + o_tanh]
            for j in range(2):
                S[2*i + j + o_d_W] += S[j + o_d_sub3]*t0 + S[j + 2 + o_d_sub3]*t1 + S[j + 4 + o_d_sub3]*t2 + S[j + 6 + o_d_sub3]*t3 + S[j + 8 + o_d_sub3]*t4
        # assign: turned_W
        for i in range(2):
            for j in range(9):
                v0 = S[i + 2*j + o_W]
                S[9*i + j + o_turned_W] = v0
        # row: d_tanh
        for i in range(5):
            for j in range(9):
                S[9*i + j + o_d_tanh] = F_0
            t0 = S[2*i + o_d_sub3]
            t1 = S[2*i + 1 + o_d_sub3]
            for j in range(9):
                S[9*i + j + o_d_tanh] += t0*S[j + o_turned_W] + t1*S[j + 9 + o_turned_W]
        # assign: d_add
        for i in range(45):
            t0 = S[i + o_tanh]
            v0 = (F_1 - (t0*t0))*S[i + o_d_tanh]
            S[i + o_d_add] = v0
        # row: d_b1
        for i in range(9):
            S[i + o_d_b1] = F_0
        for i in range(9):
            S[i + o_d_b1] += S[i + o_d_add] + S[i + 9 + o_d_add] + S[i + 18 + o_d_add] + S[i + 27 + o_d_add] + S[i + 36 + o_d_add]
        # row: d_W1
        for i in range(3):
            for j in range(9):
                S[9*i + j + o_d_W1] = F_0
            t0 = b_x[i]
            t1 = b_x[i + 3]
            t2 = b_x[i + 6]
            t3 = b_x[i + 9]
            t4 = b_x[i + 12]
            for j in range(9):
                S[9*i + j + o_d_W1] += S[j + o_d_add]*t0 + S[j + 9 + o_d_add]*t1 + S[j + 18 + o_d_add]*t2 + S[j + 27 + o_d_add]*t3 + S[j + 36 + o_d_add]*t4
        # assign: add2, pow1, sub2, pow2, sub3, add6, pow5, sub5, pow6, sub6, add10, pow9, sub8, pow10, sub9, add14, pow13, sub11, pow14, sub12
        v0 = F_1 + S[o_t_b]
        S[o_t_b] = v0
        v1 = f_power(F_9_10, v0)
        v2 = F_1 - v1
        S[o_sub2] = v2
        v3 = f_power(F_999_1000, v0)
        v4 = F_1 - v3
        S[o_sub3] = v4
        v5 = F_1 + S[o_t_W]
        S[o_t_W] = v5
        v6 = f_power(F_9_10, v5)
        v7 = F_1 - v6
        S[o_sub5] = v7
        v8 = f_power(F_999_1000, v5)
        v9 = F_1 - v8
        S[o_sub6] = v9
        v10 = F_1 + S[o_t_b1]
        S[o_t_b1] = v10
        v11 = f_power(F_9_10, v10)
        v12 = F_1 - v11
        S[o_sub8] = v12
        v13 = f_power(F_999_1000, v10)
        v14 = F_1 - v13
        S[o_sub9] = v14
        v15 = F_1 + S[o_t_W1]
        S[o_t_W1] = v15
        v16 = f_power(F_9_10, v15)
        v17 = F_1 - v16
        S[o_sub11] = v17
        v18 = f_power(F_999_1000, v15)
        v19 = F_1 - v18
        S[o_sub12] = v19
        # assign: mul1, mul2, add3, mul3, pow, mul4, add4, div, mul5, div1, pow3, add5, div2, sub4
        t8 = F_1/S[o_sub2]
        t11 = F_1/S[o_sub3]
        for i in range(2):
            v0 = F_9_10*S[i + o_m_b]
            t1 = S[i + o_d_b]
            v1 = F_1_10*t1
            v2 = v0 + v1
            S[i + o_m_b] = v2
            v3 = F_999_1000*S[i + o_v_b]
            v4 = t1*t1
            v5 = F_1_1000*v4
            v6 = v3 + v5
            S[i + o_v_b] = v6
            v7 = t8*v2
            v8 = F_1_1000*v7
            v9 = t11*v6
            v10 = f_sqrt(v9)
            v11 = F_1_100000000 + v10
            v12 = v8/v11
            v13 = S[i + o_b] - v12
            S[i + o_b] = v13
        # assign: mul6, mul7, add7, mul8, pow4, mul9, add8, div3, mul10, div4, pow7, add9, div5, sub7
        t8 = F_1/S[o_sub5]
        t11 = F_1/S[o_sub6]
        for i in range(18):
            v0 = F_9_10*S[i + o_m_W]
            t1 = S[i + o_d_W]
            v1 = F_1_10*t1
            v2 = v0 + v1
            S[i + o_m_W] = v2
            v3 = F_999_1000*S[i + o_v_W]
            v4 = t1*t1
            v5 = F_1_1000*v4
            v6 = v3 + v5
            S[i + o_v_W] = v6
            v7 = t8*v2
            v8 = F_1_1000*v7
            v9 = t11*v6
            v10 = f_sqrt(v9)
            v11 = F_1_100000000 + v10
            v12 = v8/v11
            v13 = S[i + o_W] - v12
            S[i + o_W] = v13
        # assign: mul11, mul12, add11, mul13, pow8, mul14, add12, div6, mul15, div7, pow11, add13, div8, sub10
        t8 = F_1/S[o_sub8]
        t11 = F_1/S[o_sub9]
        for i in range(9):
            v0 = F_9_10*S[i + o_m_b1]
            t1 = S[i + o_d_b1]
            v1 = F_1_10*t1
            v2 = v0 + v1
            S[i + o_m_b1] = v2
            v3 = F_999_1000*S[i + o_v_b1]
            v4 = t1*t1
            v5 = F_1_1000*v4
            v6 = v3 + v5
            S[i + o_v_b1] = v6
            v7 = t8*v2
            v8 = F_1_1000*v7
            v9 = t11*v6
            v10 = f_sqrt(v9)
            v11 = F_1_100000000 + v10
            v12 = v8/v11
            v13 = S[i + o_b1] - v12
            S[i + o_b1] = v13
        # assign: mul16, mul17, add15, mul18, pow12, mul19, add16, div9, mul20, div10, pow15, add17, div11, sub13
        t8 = F_1/S[o_sub11]
        t11 = F_1/S[o_sub12]
        for i in range(27):
            v0 = F_9_10*S[i + o_m_W1]
            t1 = S[i + o_d_W1]
            v1 = F_1_10*t1
            v2 = v0 + v1
            S[i + o_m_W1] = v2
            v3 = F_999_1000*S[i + o_v_W1]
            v4 = t1*t1
            v5 = F_1_1000*v4
            v6 = v3 + v5
            S[i + o_v_W1] = v6
            v7 = t8*v2
            v8 = F_1_1000*v7
            v9 = t11*v6
            v10 = f_sqrt(v9)
            v11 = F_1_100000000 + v10
            v12 = v8/v11
            v13 = S[i + o_W1] - v12
            S[i + o_W1] = v13
        # row: sum1
        for i in range(5):
            S[i + o_sum1] = F_0
        for i in range(5):
            S[i + o_sum1] += S[2*i + o_mul] + S[2*i + 1 + o_mul]
        # reduce: mean
        a = F_0
        for i in range(5):
            a += F_1_5*S[i + o_sum1]
        S[o_mean] = a
        losses[s] = S[o_mean]
